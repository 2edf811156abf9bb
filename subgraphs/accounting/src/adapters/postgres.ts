import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '@cafe-for-me/lib/log';
import { outliveLoss } from '@cafe-for-me/lib/lost-connection';
import { PrismaClient, type Prisma } from '../generated/prisma/client.ts';

export type Client = PrismaClient;
export type Tx = Prisma.TransactionClient;

/** The service's database. Connects when it is needed, and again after it was lost. */
export interface Postgres {
  readonly client: Client;
  isReady(): Promise<boolean>;
  close(): Promise<void>;
}

/** @param connections at most so many at one time */
export function openPostgres({
  databaseUrl,
  log,
  connections = 10,
}: {
  databaseUrl: string;
  log: Logger;
  connections?: number;
}): Postgres {
  const adapter = new PrismaPg(
    {
      connectionString: databaseUrl,
      max: connections,
      application_name: 'accounting',
      connectionTimeoutMillis: 5_000,
      // Prisma reads the clock time of a TIMESTAMPTZ and takes it for UTC, whatever zone the server wrote it in.
      options: '-c TimeZone=UTC',
      onConnect: outliveLoss,
    },
    {
      onPoolError: (error) => log.warn({ error }, 'an idle database connection was lost'),
      onConnectionError: (error) => log.warn({ error }, 'a database connection was lost'),
    },
  );
  const client = new PrismaClient({ adapter });
  return {
    client,
    async isReady() {
      await client.$queryRaw`SELECT 1`;
      return true;
    },
    close: () => client.$disconnect(),
  };
}

/**
 * Money from a BIGINT column, as an exact number.
 *
 * @throws RangeError beyond 2^53, where a number would be wrong
 */
export function won(amount: bigint): number {
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${amount} won is beyond what a number holds exactly.`);
  return number;
}
