import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ensureDatabases } from './ensure-databases.ts';
import { startPostgres, type Postgres } from './postgres.ts';

let dir: string;
let postgres: Postgres;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ensure-databases-'));
  postgres = await startPostgres({ dataDir: join(dir, 'postgres'), temporary: true });
});
afterAll(async () => {
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
});

const url = (name: string, password: string, database = name): string =>
  `postgresql://${name}:${password}@127.0.0.1:${postgres.port}/${database}`;

const config = (password: string) => ({
  ADMIN_DATABASE_URL: postgres.adminUrl,
  DATABASE_URL_CUSTOMER: url('customer', password),
  DATABASE_URL_DELIVERY: url('delivery', password),
  DATABASE_URL_ACCOUNTING: url('accounting', password),
});

async function whoAmI(databaseUrl: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ who: string }>(`SELECT current_user || ' in ' || current_database() AS who`);
  await client.end();
  return rows[0]?.who;
}

it('makes a database and a role for each service, none able to enter the others’, and may run again', async () => {
  expect(await ensureDatabases(config('first'))).toEqual(['customer', 'delivery', 'accounting']);
  for (const name of ['customer', 'delivery', 'accounting']) {
    expect(await whoAmI(url(name, 'first'))).toBe(`${name} in ${name}`);
  }
  await expect(whoAmI(url('customer', 'first', 'accounting'))).rejects.toThrow('permission denied');

  await ensureDatabases(config('second'));
  expect(await whoAmI(url('customer', 'second'))).toBe('customer in customer');
  await expect(whoAmI(url('customer', 'first'))).rejects.toThrow('password authentication failed');
});

it('says which variables are missing or make no sense', async () => {
  const env = { ...config('first'), DATABASE_URL_DELIVERY: undefined, ADMIN_DATABASE_URL: 'http://127.0.0.1' };
  await expect(ensureDatabases(env)).rejects.toThrow(/: ADMIN_DATABASE_URL, DATABASE_URL_DELIVERY$/);
});
