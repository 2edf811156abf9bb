import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyMigrations } from './migrate.ts';
import { silentLog } from './testing/broker.ts';
import { createTestDatabase } from './testing/database.ts';
import type { TestDatabase } from './testing/database.ts';

let db: TestDatabase;
let directory: string;

beforeEach(async () => {
  db = await createTestDatabase({ empty: true });
  directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  await writeFile(join(directory, 'migration_lock.toml'), 'provider = "postgresql"\n');
});

afterEach(async () => {
  await Promise.all([db.drop(), rm(directory, { recursive: true })]);
});

async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

const migrate = (): Promise<string[]> => applyMigrations({ databaseUrl: db.url, directory, log: silentLog });

describe('applyMigrations', () => {
  it('applies what is new, in the order of the names, and nothing a second time', async () => {
    await add('0002_grow', 'ALTER TABLE thing ADD COLUMN size INT; INSERT INTO thing (size) VALUES (3);');
    await add(
      '0001_begin',
      `CREATE TABLE thing (name TEXT);\nCREATE FUNCTION one() RETURNS INT LANGUAGE sql AS $$ SELECT 1; $$;`,
    );

    expect(await migrate()).toEqual(['0001_begin', '0002_grow']);
    expect(await migrate()).toEqual([]);
    await add('0003_more', 'INSERT INTO thing (size) VALUES (4)');
    expect(await migrate()).toEqual(['0003_more']);

    expect(await db.query('SELECT size FROM thing ORDER BY size')).toEqual([{ size: 3 }, { size: 4 }]);
    expect(await db.query('SELECT migration_name FROM _prisma_migrations ORDER BY 1')).toHaveLength(3);
  });

  it('lets replicas that migrate at once take turns', async () => {
    await add('0001_begin', 'CREATE TABLE thing (name TEXT); SELECT pg_sleep(0.2);');

    const results = await Promise.all([migrate(), migrate(), migrate()]);

    expect(results.flat()).toEqual(['0001_begin']);
  });

  it('names a migration that fails, and refuses to go on until it is mended', async () => {
    await add('0001_begin', 'CREATE TABLE thing (name TEXT)');
    await add('0002_wrong', 'ALTER TABLE nothing ADD COLUMN size INT');

    await expect(migrate()).rejects.toThrow(/0002_wrong failed: [^]*relation "nothing" does not exist/);
    await expect(migrate()).rejects.toThrow(/0002_wrong failed before and was not mended/);

    expect(await db.query('SELECT * FROM thing')).toEqual([]);
  });

  it('refuses a migration that was changed after it was applied', async () => {
    await add('0001_begin', 'CREATE TABLE thing (name TEXT)');
    await migrate();
    await add('0001_begin', 'CREATE TABLE thing (name TEXT, size INT)');

    await expect(migrate()).rejects.toThrow('0001_begin was changed');
  });

  it('applies the messaging tables with their comments and functions as they are', async () => {
    await add('0001_messaging', await readFile(new URL('../messaging.sql', import.meta.url), 'utf8'));

    await migrate();

    expect(await db.query('SELECT length(epoch) AS length FROM messaging_epoch')).toEqual([{ length: 8 }]);
  });

  it('undoes the whole of a migration that fails half-way', async () => {
    await add('0001_half', 'CREATE TABLE thing (name TEXT); SELECT 1 / 0;');

    await expect(migrate()).rejects.toThrow(/0001_half failed: [^]*division by zero/);

    expect(await db.query(`SELECT to_regclass('thing') AS found`)).toEqual([{ found: null }]);
  });

  it('says which directory has no migrations', async () => {
    await expect(migrate()).rejects.toThrow(directory);
  });
});
