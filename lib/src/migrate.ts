import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Logger } from 'pino';
import { withSchemaEngine } from './schema-engine.ts';

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** A migration did not go through; the message names it and says what the database said. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Held while migrating; not Prisma's own key, which its engine takes on another session. */
const LOCK_KEY = 720_517_117;

/**
 * Applies the migrations of a Prisma `migrations` directory that the database does not have yet, in the order of their names,
 * and notes them in `_prisma_migrations` as Prisma's CLI does. Replicas that start together take turns. When nothing is to be
 * done it is one query.
 *
 * @returns the names of those just applied
 * @throws MigrationError
 */
export async function applyMigrations({
  databaseUrl,
  directory,
  log,
}: {
  databaseUrl: string;
  directory: string;
  log: Logger;
}): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'migrate' });
  // What a lost connection means is said by the query that needs it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    if (await areApplied(client, migrations)) return [];
    await client.query('SELECT pg_advisory_lock($1::bigint)', [LOCK_KEY]);
    if (await areApplied(client, migrations)) return [];
    const applied = await runEngine(databaseUrl, directory, migrations).catch(async (error: unknown) => {
      const name = (await readHistory(client)).find((row) => !row.finished)?.name;
      const reason = error instanceof Error ? error.message : String(error);
      throw new MigrationError(`the migration ${name ?? '(none begun)'} failed: ${reason}`, { cause: error });
    });
    log.info({ migrations: applied }, 'migrations applied');
    return applied;
  } finally {
    await client.end();
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw new MigrationError(`the migrations in ${directory} cannot be read`, { cause: error });
  });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (names.length === 0) throw new MigrationError(`there are no migrations in ${directory}`);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8').catch((error: unknown) => {
        throw new MigrationError(`the migration ${name} has no readable migration.sql`, { cause: error });
      });
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

interface HistoryRow {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
  readonly logs: string | null;
}

async function readHistory(client: pg.Client): Promise<HistoryRow[]> {
  const table = await client.query<{ found: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`);
  if (table.rows[0]?.found !== true) return [];
  const { rows } = await client.query<HistoryRow>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, logs
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return rows;
}

/** @throws MigrationError for one that was changed after it was applied, or that failed before and was not mended */
async function areApplied(client: pg.Client, migrations: readonly Migration[]): Promise<boolean> {
  const history = await readHistory(client);
  // One without a log is at work at this moment, in a process that holds the lock.
  const failed = history.find((row) => !row.finished && row.logs);
  if (failed) throw new MigrationError(`the migration ${failed.name} failed before and was not mended: ${failed.logs}`);
  const checksums = new Map(history.filter((row) => row.finished).map((row) => [row.name, row.checksum]));
  for (const { name, checksum } of migrations) {
    const known = checksums.get(name);
    if (known === undefined) return false;
    if (known !== checksum) throw new MigrationError(`the migration ${name} was changed after it was applied`);
  }
  return true;
}

async function runEngine(databaseUrl: string, directory: string, migrations: readonly Migration[]): Promise<string[]> {
  const lockfile = await readFile(join(directory, 'migration_lock.toml'), 'utf8').catch(() => null);
  return withSchemaEngine(databaseUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: {
        baseDir: resolve(directory),
        lockfile: { path: 'migration_lock.toml', content: lockfile },
        shadowDbInitScript: '',
        migrationDirectories: migrations.map(({ name, sql }) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
        })),
      },
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  });
}
