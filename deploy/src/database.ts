import pg from 'pg';

export interface ServiceDatabase {
  /** The database's name. */
  name: string;
  /** The role that owns it, and that alone may connect to it. */
  role: string;
  password: string;
}

/**
 * Makes the database and its role where they are missing, sets the role's password, and closes the database to every other role.
 *
 * @param adminUrl a URL of a superuser
 * @returns the URL with which the role connects
 */
export async function ensureDatabase(adminUrl: string, { name, role, password }: ServiceDatabase): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => undefined); // A server that goes away fails the query that is under way, which says it.
  await client.connect();
  try {
    const quotedRole = client.escapeIdentifier(role);
    const quotedName = client.escapeIdentifier(name);
    const found = await client.query<{ role: boolean; database: boolean }>(
      'SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role, EXISTS (SELECT FROM pg_database WHERE datname = $2) AS database',
      [role, name],
    );
    const there = found.rows[0];
    await client.query(
      `${there?.role === true ? 'ALTER' : 'CREATE'} ROLE ${quotedRole} LOGIN PASSWORD ${client.escapeLiteral(password)}`,
    );
    if (there?.database !== true) await client.query(`CREATE DATABASE ${quotedName} OWNER ${quotedRole}`);
    // By default every role may connect to every database; ours are closed to all but their owner.
    await client.query(`REVOKE ALL ON DATABASE ${quotedName} FROM PUBLIC`);
    const url = new URL(adminUrl);
    url.username = role;
    url.password = password;
    url.pathname = `/${name}`;
    return url.href;
  } finally {
    await client.end();
  }
}

/** Removes a database, connected clients or not, and its role when that is named. */
export async function dropDatabase(adminUrl: string, { name, role }: { name: string; role?: string }): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => undefined); // A server that goes away fails the query that is under way, which says it.
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
    if (role !== undefined) await client.query(`DROP ROLE IF EXISTS ${client.escapeIdentifier(role)}`);
  } finally {
    await client.end();
  }
}
