/** The process of one simulator: `node dist/main.js payment|sms|headquarters`. */
import { readConfig } from '@cafe-for-me/lib/config';
import { runProcess } from '@cafe-for-me/lib/process';
import { configSchema } from './config.ts';
import { createHeadquartersSimulator } from './headquarters.ts';
import type { Simulator } from './http.ts';
import { openJournal, type Journal } from './journal.ts';
import { createPaymentSimulator } from './payment.ts';
import { createSmsSimulator } from './sms.ts';

const simulators: Readonly<Record<string, (options: { journal: Journal }) => Simulator>> = {
  payment: createPaymentSimulator,
  sms: createSmsSimulator,
  headquarters: createHeadquartersSimulator,
};

const usage = `An outside system as a real HTTP server, with knobs to decline, fail, hang or lose its answers.

  node dist/main.js payment|sms|headquarters

Environment
  PORT       where it listens; 0 for any free port
  HOST       default 127.0.0.1
  LOG_LEVEL  default info
  JOURNAL    a file that keeps what it remembers through restarts; default: none does

Every simulator
  GET /knobs    PUT /knobs {"mode": …}    POST /reset    GET /health/live    GET /health/ready

payment        POST /charges   GET /charges/:key   POST /refunds   GET /refunds/:key   GET /book
               mode ok|decline|fail|hang|lose|lose-declined|coin   nextCharges n: the mode holds for n charges
               refundMode ok|fail|hang|lose   lookupMode ok|fail|hang   latencyMs
sms            POST /messages   GET /inbox?to=…
               mode ok|fail|hang|lose   latencyMs
headquarters   POST /sales-transfers   GET /book?cafeId=…&businessDate=…
               mode ok|reject|coin|fail|hang|lose   latencyMs

fail: answers 500, nothing done. hang: never answers, nothing done. lose: does the work, never answers.
`;

const [name = ''] = process.argv.slice(2);
const create = Object.hasOwn(simulators, name) ? simulators[name] : undefined;

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(usage);
} else if (create === undefined) {
  process.stderr.write(`${name === '' ? 'Say which simulator' : `There is no simulator "${name}"`}.\n\n${usage}`);
  process.exitCode = 64;
} else {
  await runProcess(name, async (log) => {
    const config = readConfig(configSchema, process.env);
    log.level = config.LOG_LEVEL;
    const journal = openJournal(config.JOURNAL, function failed(error) {
      log.error({ error }, 'the journal can not be written: what happens now is forgotten with this process');
    });
    const server = await create({ journal }).start(config.PORT, config.HOST);
    log.info({ url: server.url }, 'listening');
    async function stop(): Promise<void> {
      await server.stop();
      journal.close();
    }
    return { ...server, stop };
  });
}
