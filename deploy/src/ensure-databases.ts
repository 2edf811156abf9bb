/**
 * Makes each service's database and role on a server that we are the superuser of: `node deploy/dist/ensure-databases.js`.
 * For containers; `npm start` does it by itself. Running it again changes nothing but the passwords.
 */
import { ensureDatabase } from './database.ts';
import { isMain } from './is-main.ts';
import { SERVICES } from './service-list.ts';

/** What it reads: a superuser's URL, and the URLs that say which database, role and password each service is to have. */
export const databaseVariables = [
  'ADMIN_DATABASE_URL',
  ...SERVICES.map((name) => `DATABASE_URL_${name.toUpperCase()}` as const),
] as const;

/**
 * @returns the names of the databases that are now there
 * @throws a sentence that lists every variable that is missing or no PostgreSQL URL
 */
export async function ensureDatabases(env: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const [admin, ...services] = databaseVariables.map((variable) => postgresUrl(env[variable]));
  const wrong = databaseVariables.filter((variable) => postgresUrl(env[variable]) === undefined);
  if (admin === undefined || wrong.length > 0) {
    throw new Error(`These must be like postgresql://role:password@host:5432/database: ${wrong.join(', ')}`);
  }
  const names: string[] = [];
  for (const url of services) {
    if (url === undefined) continue;
    const name = decodeURIComponent(url.pathname.slice(1));
    const [role, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    await ensureDatabase(admin.href, { name, role, password });
    names.push(name);
  }
  return names;
}

function postgresUrl(text = ''): URL | undefined {
  return URL.canParse(text) && /^postgres(ql)?:/.test(text) ? new URL(text) : undefined;
}

if (isMain(import.meta.url)) {
  try {
    console.log(`The databases are there: ${(await ensureDatabases(process.env)).join(', ')}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
