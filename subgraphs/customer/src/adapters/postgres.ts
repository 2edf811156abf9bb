import type { Database } from '@cafe-for-me/lib/consumer';
import { outliveLoss } from '@cafe-for-me/lib/lost-connection';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '../generated/prisma/client.ts';

/** What statements run on: the client itself, or a transaction of it. */
export type Sql = Pick<PrismaClient, '$queryRawUnsafe' | '$executeRawUnsafe'>;
export type Transaction = Prisma.TransactionClient;

export interface Postgres extends Database<Transaction> {
  readonly client: PrismaClient;
  isUp(): Promise<boolean>;
  close(): Promise<void>;
}

/** A statement that begins with a name in a comment is prepared once per connection and kept under that name. */
const NAMED = /^\/\* (\w+) \*\//;

/**
 * Every statement here finds its rows by an index. A prepared statement keeps the plan of its first runs, and while tables are
 * small PostgreSQL would rather read all of them: an hour later that plan reads a million rows for one.
 */
const BY_INDEX = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/**
 * The service's own database.
 *
 * @param connections of the pool, at most. @default 10
 */
export function openPostgres(databaseUrl: string, { connections = 10 }: { connections?: number } = {}): Postgres {
  const adapter = new PrismaPg(
    {
      connectionString: databaseUrl,
      max: connections,
      application_name: 'customer',
      options: BY_INDEX,
      onConnect: outliveLoss,
    },
    // pg takes undefined for "don't keep it", which the adapter's type does not know.
    { statementNameGenerator: ({ sql }) => NAMED.exec(sql)?.[1] as string },
  );
  const client = new PrismaClient({ adapter });
  return {
    client,
    transaction: (work) => client.$transaction(work, { maxWait: 10_000, timeout: 30_000 }),
    async isUp() {
      await client.$queryRawUnsafe('SELECT 1');
      return true;
    },
    close: () => client.$disconnect(),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text can be an order's id at all: PostgreSQL fails on one that is no UUID. */
export function isOrderId(text: string): boolean {
  return UUID.test(text);
}

/** Whether an error is PostgreSQL's unique_violation, through Prisma's wrapping. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, meta } = (error ?? {}) as { code?: unknown; meta?: unknown };
  if (code === 'P2002' || code === '23505') return true;
  return code === 'P2010' && JSON.stringify(meta).includes('23505');
}
