import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/**
 * Does `work` on a database unless it was done there with the very same files before. A note on the database itself remembers it, so
 * an emptied one is prepared again. It saves starting processes that would find nothing to do.
 *
 * @param files files and folders that the work depends on
 */
export async function prepareOnce(
  databaseUrl: string,
  files: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const fresh = `prepared ${hashOf(files)}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined); // A server that goes away fails the query that is under way, which says it.
  await client.connect();
  try {
    const { rows } = await client.query<{ note: string | null }>(
      "SELECT shobj_description(oid, 'pg_database') AS note FROM pg_database WHERE datname = current_database()",
    );
    if (rows[0]?.note === fresh) return;
    await work();
    const name = client.escapeIdentifier(new URL(databaseUrl).pathname.slice(1));
    await client.query(`COMMENT ON DATABASE ${name} IS ${client.escapeLiteral(fresh)}`).catch(() => {
      // Only its owner may; somebody else's database is looked at anew each time.
    });
  } finally {
    await client.end();
  }
}

/** A hash over names and contents. */
function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  function add(path: string): void {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).toSorted((one, other) => (one < other ? -1 : 1))) add(join(path, name));
    } else {
      hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
    }
  }
  for (const path of paths) add(path);
  return hash.digest('hex').slice(0, 32);
}
