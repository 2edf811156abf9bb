import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlClient } from '@cafe-for-me/lib/consumer';
import { outliveLoss } from '@cafe-for-me/lib/lost-connection';
import { PrismaClient } from '../generated/prisma/client.ts';

export type Database = PrismaClient;

/** `/* name *\/` at the head of a statement: PostgreSQL then plans it once per connection. */
const NAMED = /^\/\* ([\w-]+) \*\//;

/** Opens a pool of connections; the first query connects. `disconnect()` is `$disconnect()`. */
export function openDatabase(
  databaseUrl: string,
  options: {
    /** Connections at most. @default 10 */
    connections?: number;
  } = {},
): Database {
  const adapter = new PrismaPg(
    {
      connectionString: databaseUrl,
      max: options.connections ?? 10,
      application_name: 'delivery',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      onConnect: outliveLoss,
    },
    {
      // '' leaves a statement unnamed: Prisma's own come in too many shapes to keep each.
      statementNameGenerator: ({ sql }) => NAMED.exec(sql)?.[1] ?? '',
      // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
      onPoolError: () => undefined,
      onConnectionError: () => undefined,
    },
  );
  return new PrismaClient({ adapter });
}

/** Work in one transaction: all of it or nothing. `maxWait` is the wait for a connection, `timeout` that for the work, in ms. */
export function inTransaction<T>(database: Database, work: (sql: SqlClient) => Promise<T>): Promise<T> {
  return database.$transaction((tx) => work(tx), { maxWait: 5_000, timeout: 15_000 });
}

export async function isReachable(database: Database): Promise<boolean> {
  await database.$queryRawUnsafe('/* delivery-ping */ SELECT 1');
  return true;
}

/** Whether a statement failed because a unique key was taken: another transaction was first. Looks into Prisma's wrapping. */
export function isTaken(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth++) {
    const { kind, originalCode, cause, meta } = at as Record<string, unknown>;
    if (kind === 'UniqueConstraintViolation' || originalCode === '23505') return true;
    at = cause ?? (meta as Record<string, unknown> | undefined)?.['driverAdapterError'];
  }
  return false;
}
