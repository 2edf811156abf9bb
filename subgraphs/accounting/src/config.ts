import { databaseUrl, httpUrl, logLevel, natsUrl, port, secret, wholeNumber } from '@cafe-for-me/lib/config';
import { telemetryConfig } from '@cafe-for-me/lib/telemetry-config';
import { z } from 'zod';

/** The environment of the serving process. */
export const configSchema = z.object({
  PORT: port(),
  HOST: z.string().describe('the address to listen on, e.g. 127.0.0.1').default('127.0.0.1'),
  DATABASE_URL: databaseUrl(),
  NATS_URL: natsUrl(),
  ROUTER_KEY: secret(),
  LOG_LEVEL: logLevel().default('info'),
  HEADQUARTERS_URL: httpUrl(),
  HEADQUARTERS_TIMEOUT_MS: wholeNumber('the time that headquarters has to answer, in ms', 3000).default(3000),
  ...telemetryConfig,
});

/** The environment of `migrate`. */
export const migrateConfigSchema = configSchema.pick({ DATABASE_URL: true, LOG_LEVEL: true });

export type Config = z.output<typeof configSchema>;
