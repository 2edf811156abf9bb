import type { ClientBase, Pool } from 'pg';

/** The two verbs the messaging needs of a database connection. A Prisma client and its transaction client fit. */
export interface SqlClient {
  $queryRawUnsafe<T = unknown>(sql: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>;
}

/** Runs work in one transaction: committed when the work resolves, rolled back when it rejects. */
export interface Database<Tx extends SqlClient> {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** The same two verbs over a connection of the `pg` package. */
export function pgSqlClient(connection: Pick<ClientBase, 'query'>): SqlClient {
  return {
    async $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T> {
      return (await connection.query(sql, values)).rows as T;
    },
    async $executeRawUnsafe(sql, ...values) {
      return (await connection.query(sql, values)).rowCount ?? 0;
    },
  };
}

/** Transactions over a pool of the `pg` package, for tools and tests that have no Prisma client. */
export function pgDatabase(pool: Pool): Database<SqlClient> {
  return {
    async transaction(work) {
      const connection = await pool.connect();
      let broken: Error | undefined;
      const markBroken = (error: Error): void => void (broken = error);
      // Without a listener a connection that dies between two statements would end the process.
      connection.on('error', markBroken);
      try {
        await connection.query('BEGIN');
        const result = await work(pgSqlClient(connection));
        await connection.query('COMMIT');
        return result;
      } catch (error) {
        await connection.query('ROLLBACK').catch(markBroken);
        throw error;
      } finally {
        connection.off('error', markBroken);
        connection.release(broken);
      }
    },
  };
}
