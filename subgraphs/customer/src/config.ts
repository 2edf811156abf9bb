import { databaseUrl, httpUrl, logLevel, natsUrl, port, secret, wholeNumber } from '@cafe-for-me/lib/config';
import { telemetryConfig } from '@cafe-for-me/lib/telemetry-config';
import { z } from 'zod';

/** The environment of the process. */
export const configSchema = z.object({
  PORT: port(),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: databaseUrl(),
  NATS_URL: natsUrl(),
  ROUTER_KEY: secret(),
  LOG_LEVEL: logLevel().default('info'),
  PAYMENT_URL: httpUrl(),
  SMS_URL: httpUrl(),
  PAYMENT_TIMEOUT_MS: wholeNumber('how long a payment call may take, in ms', 2000).default(2000),
  ACCEPT_WITHIN_SECONDS: wholeNumber('how long a café has to answer an order, in seconds', 600).default(600),
  SWEEP_AFTER_MS: wholeNumber('after how long an open payment is looked up, in ms', 5000).default(5000),
  ...telemetryConfig,
});

/** What `migrate` needs. */
export const migrateConfigSchema = z.object({ DATABASE_URL: databaseUrl(), LOG_LEVEL: logLevel().default('info') });
