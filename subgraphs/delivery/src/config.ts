import { z } from 'zod';
import { databaseUrl, logLevel, natsUrl, port, secret, wholeNumber } from '@cafe-for-me/lib/config';
import { telemetryConfig } from '@cafe-for-me/lib/telemetry-config';

const ofDatabase = { DATABASE_URL: databaseUrl(), LOG_LEVEL: logLevel().default('info') };

/** What `migrate` needs of the environment. */
export const migrateConfigSchema = z.object(ofDatabase);

/** What `seed` needs of the environment. */
export const seedConfigSchema = z.object(ofDatabase);

/** What `serve` needs of the environment. */
export const configSchema = z.object({
  PORT: port(),
  HOST: z.string().describe('an address to listen on, e.g. 127.0.0.1').default('127.0.0.1'),
  DATABASE_URL: databaseUrl(),
  NATS_URL: natsUrl(),
  ROUTER_KEY: secret(),
  LOG_LEVEL: logLevel().default('info'),
  COLLECT_WITHIN_SECONDS: wholeNumber('how long a made order waits on the counter, in seconds', 3600).default(3600),
  ...telemetryConfig,
});
