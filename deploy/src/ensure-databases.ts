/**
 * Makes each service's database and role on a server that we are the superuser of: `node deploy/dist/ensure-databases.js`.
 * For containers; `npm start` does it by itself. Running it again changes nothing but the passwords.
 */
import { databaseUrl, readConfig } from '@cafe-for-me/lib/config';
import { runProcess } from '@cafe-for-me/lib/process';
import { z } from 'zod';
import { ensureDatabase } from './database.ts';
import { isMain } from './is-main.ts';

/** The URLs say which database, role and password each service is to have. */
export const configSchema = z.object({
  ADMIN_DATABASE_URL: databaseUrl(),
  DATABASE_URL_CUSTOMER: databaseUrl(),
  DATABASE_URL_DELIVERY: databaseUrl(),
  DATABASE_URL_ACCOUNTING: databaseUrl(),
});

/** @returns the names of the databases that are now there */
export async function ensureDatabases({
  ADMIN_DATABASE_URL: admin,
  ...services
}: z.output<typeof configSchema>): Promise<string[]> {
  const names: string[] = [];
  for (const url of Object.values(services)) {
    const { pathname, username, password } = new URL(url);
    const name = decodeURIComponent(pathname.slice(1));
    await ensureDatabase(admin, {
      name,
      role: decodeURIComponent(username),
      password: decodeURIComponent(password),
    });
    names.push(name);
  }
  return names;
}

if (isMain(import.meta.url)) {
  await runProcess('ensure-databases', async (log) => {
    const databases = await ensureDatabases(readConfig(configSchema, process.env));
    log.info({ databases }, 'the databases are there');
    return { stop: async () => undefined };
  });
}
