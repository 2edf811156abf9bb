import { parseArgs } from 'node:util';
import { benchOrders } from './orders.ts';

const HELP = `npm run bench -- <name> [options]

  orders              the seed's load: 100 users placing orders, beside the floor of the same commits and payment call

  --seconds <n>       how long the load lasts (default 60)
  --json              the last line is the summary as JSON
  --save              writes the result to tests/bench/results/<name>.json, to be committed
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const seconds = Number(values.seconds);
const [name] = positionals;
if (values.help) {
  write(HELP);
} else if (name !== 'orders') {
  process.stderr.write(`${name === undefined ? 'Which benchmark?' : `There is no benchmark "${name}".`}\n\n${HELP}`);
  process.exitCode = 64;
} else if (!Number.isFinite(seconds) || seconds < 1) {
  process.stderr.write(`--seconds must be a number from 1 up, not "${values.seconds}"\n`);
  process.exitCode = 64;
} else {
  const clean = await benchOrders({ seconds, json: values.json, save: values.save }, write);
  process.exitCode = clean ? 0 : 1;
}
