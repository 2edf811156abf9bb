import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { pgDatabase, pgSqlClient } from '../sql-client.ts';
import type { Database, SqlClient } from '../sql-client.ts';
import { testPostgresUrl } from './config.ts';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly database: Database<SqlClient>;
  readonly client: SqlClient;
  /** Rows of a query. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Ends every session of this database as an administrator would, and says how many. */
  killSessions(application?: string): Promise<number>;
  drop(): Promise<void>;
}

/** A database of its own at the server of TEST_POSTGRES_URL, with the messaging's tables unless `empty`. */
export async function createTestDatabase({ empty = false }: { empty?: boolean } = {}): Promise<TestDatabase> {
  const adminUrl = testPostgresUrl();
  const name = `lib_${randomBytes(6).toString('hex')}`;
  await admin(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  // Sessions are killed on purpose here.
  pool.on('error', () => undefined);
  for (const file of empty ? [] : ['messaging.sql', 'messaging-feed.sql']) {
    await pool.query(await readFile(new URL(`../../${file}`, import.meta.url), 'utf8'));
  }
  return {
    url: url.href,
    pool,
    database: pgDatabase(pool),
    client: pgSqlClient(pool),
    async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
      return (await pool.query<Row>(sql, values)).rows;
    },
    killSessions: (application = '%') =>
      admin(
        adminUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE $2`,
        [name, application],
      ),
    async drop() {
      await pool.end();
      await admin(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function admin(url: string, sql: string, values: unknown[] = []): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
