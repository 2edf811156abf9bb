import pg from 'pg';
import { outliveLoss } from './lost-connection.ts';
import { testPostgresUrl } from './testing/config.ts';

describe('a connection of a pool that is lost', () => {
  it('in the moment in which it was taken, and nobody listens to it yet, does not end the process', async () => {
    const pool = new pg.Pool({ connectionString: testPostgresUrl(), onConnect: outliveLoss });
    const client = await pool.connect();
    expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow();
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});
