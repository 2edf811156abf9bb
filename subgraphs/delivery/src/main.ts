import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readConfig } from '@cafe-for-me/lib/config';
import type { Logger } from '@cafe-for-me/lib/log';
import { applyMigrations } from '@cafe-for-me/lib/migrate';
import { runProcess, type RunningProcess } from '@cafe-for-me/lib/process';
import { connectNats } from '@cafe-for-me/lib/streams';
import { startTelemetry } from '@cafe-for-me/lib/telemetry-config';
import { cafesIn } from './adapters/postgres-cafes.ts';
import { openDatabase } from './adapters/postgres.ts';
import { createApp } from './app.ts';
import { seedCafes } from './application/seed-cafes.ts';
import { configSchema, migrateConfigSchema, seedConfigSchema } from './config.ts';

const directory = fileURLToPath(new URL('../../../prisma/delivery/migrations', import.meta.url));

async function serve(log: Logger): Promise<RunningProcess> {
  const config = readConfig(configSchema, process.env);
  log.level = config.LOG_LEVEL;
  const telemetry = await startTelemetry('delivery', config, log);
  const databaseUrl = config.DATABASE_URL;
  const database = openDatabase(databaseUrl);
  const nats = connectNats({ url: config.NATS_URL, name: 'delivery', log });
  const app = createApp({
    database,
    databaseUrl,
    nats,
    routerKey: config.ROUTER_KEY,
    host: config.HOST,
    port: config.PORT,
    collectWithinMs: config.COLLECT_WITHIN_SECONDS * 1000,
    log,
    tracer: telemetry.tracer,
    metrics: telemetry.metrics,
  });
  const { url } = await app.start();
  log.info({ url }, 'serving');
  let connected = false;
  void nats.then(() => (connected = true));
  return {
    async stop() {
      await app.drain();
      await database.$disconnect();
      // A connection that was never made can't be drained; the process's end takes it along.
      if (connected) await (await nats).drain();
      await telemetry.stop();
    },
  };
}

async function migrate(log: Logger): Promise<void> {
  const config = readConfig(migrateConfigSchema, process.env);
  log.level = config.LOG_LEVEL;
  await applyMigrations({ databaseUrl: config.DATABASE_URL, directory, log });
}

/** The running service's relay publishes what this adds: it looks at the outbox every second. */
async function seed(log: Logger): Promise<void> {
  const config = readConfig(seedConfigSchema, process.env);
  log.level = config.LOG_LEVEL;
  const database = openDatabase(config.DATABASE_URL, { connections: 1 });
  try {
    const committed = () => undefined;
    const events = await seedCafes({
      cafes: cafesIn(database),
      now: () => new Date(),
      newId: randomUUID,
      committed,
      log,
    });
    log.info({ events }, events === 0 ? 'the demo cafés are there already' : 'the demo cafés were seeded');
  } finally {
    await database.$disconnect();
  }
}

/** A command that ends by itself, and the process with it. */
async function once(work: (log: Logger) => Promise<void>): Promise<void> {
  await runProcess('delivery', async function runOnce(log) {
    await work(log);
    return { stop: () => Promise.resolve() };
  });
}

const [command = 'serve', ...rest] = process.argv.slice(2);
const commands = new Map<string, () => Promise<void>>([
  ['serve', () => runProcess('delivery', serve)],
  ['migrate', () => once(migrate)],
  ['seed', () => once(seed)],
]);
const run = rest.length === 0 ? commands.get(command) : undefined;
if (run === undefined) {
  process.stderr.write('Usage: node dist/main.js [serve|migrate|seed]\n');
  process.exit(64);
}
await run();
