import { fileURLToPath } from 'node:url';
import { readConfig } from '@cafe-for-me/lib/config';
import type { Logger } from '@cafe-for-me/lib/log';
import { applyMigrations } from '@cafe-for-me/lib/migrate';
import { runProcess, type RunningProcess } from '@cafe-for-me/lib/process';
import { connectNats } from '@cafe-for-me/lib/streams';
import { startTelemetry } from '@cafe-for-me/lib/telemetry-config';
import { createPayment } from './adapters/payment.ts';
import { openPostgres } from './adapters/postgres.ts';
import { createSms } from './adapters/sms.ts';
import { createApp } from './app.ts';
import { configSchema, migrateConfigSchema } from './config.ts';

async function serve(log: Logger): Promise<RunningProcess> {
  const config = readConfig(configSchema, process.env);
  log.level = config.LOG_LEVEL;
  const telemetry = await startTelemetry('customer', config, log);
  const { tracer, metrics } = telemetry;
  const postgres = openPostgres(config.DATABASE_URL);
  // Not awaited: orders are taken while the broker is away.
  const nats = connectNats({ url: config.NATS_URL, name: 'customer', log });
  const payment = createPayment({ url: config.PAYMENT_URL, timeoutMs: config.PAYMENT_TIMEOUT_MS, log, tracer });
  const sms = createSms({ url: config.SMS_URL, log, tracer });
  const app = createApp({
    postgres,
    databaseUrl: config.DATABASE_URL,
    nats,
    payment,
    sms,
    log,
    routerKey: config.ROUTER_KEY,
    host: config.HOST,
    port: config.PORT,
    paymentTimeoutMs: config.PAYMENT_TIMEOUT_MS,
    acceptWithinMs: config.ACCEPT_WITHIN_SECONDS * 1000,
    sweepAfterMs: config.SWEEP_AFTER_MS,
    tracer,
    metrics,
  });
  const { url } = await app.start();
  log.info({ url }, 'serving');
  let connected = false;
  void nats.then(() => (connected = true));
  return {
    async stop() {
      await app.drain();
      await Promise.all([payment.close(), sms.close(), postgres.close()]);
      // A connection that was never made can't be drained; the process's end takes it along.
      if (connected) await (await nats).drain();
      await telemetry.stop();
    },
  };
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined) {
  await runProcess('customer', serve);
} else if (command === 'migrate' && rest.length === 0) {
  await runProcess('customer', async function migrate(log) {
    const { DATABASE_URL: databaseUrl, LOG_LEVEL } = readConfig(migrateConfigSchema, process.env);
    log.level = LOG_LEVEL;
    const directory = fileURLToPath(new URL('../../../prisma/customer/migrations', import.meta.url));
    await applyMigrations({ databaseUrl, directory, log });
    return { stop: () => Promise.resolve() };
  });
} else {
  process.stderr.write('Usage: node dist/main.js [migrate]\n');
  process.exit(64);
}
