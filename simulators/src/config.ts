import { logLevel, port } from '@cafe-for-me/lib/config';
import { z } from 'zod';

/** The environment of a simulator. */
export const configSchema = z.object({
  PORT: port(),
  HOST: z.string().default('127.0.0.1'),
  /** The file that keeps its books. */
  JOURNAL: z.string().min(1).optional(),
  LOG_LEVEL: logLevel().default('info'),
});
