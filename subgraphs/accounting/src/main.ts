import { fileURLToPath } from 'node:url';
import { readConfig } from '@cafe-for-me/lib/config';
import type { Logger } from '@cafe-for-me/lib/log';
import { applyMigrations } from '@cafe-for-me/lib/migrate';
import { runProcess, type RunningProcess } from '@cafe-for-me/lib/process';
import { connectNats } from '@cafe-for-me/lib/streams';
import { startTelemetry } from '@cafe-for-me/lib/telemetry-config';
import { createHeadquarters } from './adapters/headquarters.ts';
import { createApp } from './app.ts';
import { configSchema, migrateConfigSchema } from './config.ts';

const migrations = fileURLToPath(new URL('../../../prisma/accounting/migrations', import.meta.url));

async function serve(log: Logger): Promise<RunningProcess> {
  const config = readConfig(configSchema, process.env);
  log.level = config.LOG_LEVEL;
  const telemetry = await startTelemetry('accounting', config, log);
  const { tracer, metrics } = telemetry;
  // Not awaited: sums, sales and statistics are readable while the broker is away.
  const nats = connectNats({ url: config.NATS_URL, name: 'accounting', log });
  let closeNats = async (): Promise<void> => undefined;
  void nats.then((connection) => (closeNats = () => connection.close()));
  const headquarters = createHeadquarters({
    url: config.HEADQUARTERS_URL,
    timeoutMs: config.HEADQUARTERS_TIMEOUT_MS,
    log,
    tracer,
  });
  const app = createApp({
    databaseUrl: config.DATABASE_URL,
    nats,
    headquarters,
    routerKey: config.ROUTER_KEY,
    host: config.HOST,
    port: config.PORT,
    log,
    tracer,
    metrics,
  });
  const { url } = await app.start();
  log.info({ url }, 'accounting serves');
  return {
    async stop() {
      await app.drain();
      await headquarters.close();
      await closeNats();
      await telemetry.stop();
    },
  };
}

/** Brings the database up to date; the process ends by itself then. */
async function migrate(log: Logger): Promise<RunningProcess> {
  const config = readConfig(migrateConfigSchema, process.env);
  log.level = config.LOG_LEVEL;
  const applied = await applyMigrations({ databaseUrl: config.DATABASE_URL, directory: migrations, log });
  log.info({ applied }, 'the database is up to date');
  return { stop: async () => undefined };
}

const commands: Readonly<Record<string, typeof serve>> = { serve, migrate };
const name = process.argv[2] ?? 'serve';
const command = commands[name];
if (command === undefined) {
  process.stderr.write(`Usage: node dist/main.js [${Object.keys(commands).join('|')}]\n`);
  process.exitCode = 64;
} else {
  await runProcess('accounting', command);
}
