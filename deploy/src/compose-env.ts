/** Writes .env with what docker-compose.yml requires: `npm run compose-env`. Values that are there already stay. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isMain } from './is-main.ts';
import { ensureKeys } from './keys.ts';
import { localDir, root } from './paths.ts';

const SECRETS = [
  'ROUTER_KEY',
  'POSTGRES_PASSWORD',
  'CUSTOMER_DATABASE_PASSWORD',
  'DELIVERY_DATABASE_PASSWORD',
  'ACCOUNTING_DATABASE_PASSWORD',
];

/**
 * The text of the .env file: `before`, and a line for each name that it lacks.
 *
 * @param jwksFile the public keys of clients' tokens, as a path from the compose file
 */
export function composeEnv(before: string, jwksFile: string): string {
  const known = new Set(before.split('\n').flatMap((line) => /^\s*([A-Z_]+)=./.exec(line)?.[1] ?? []));
  const wanted: [string, () => string][] = [
    // Hexadecimal, so that it may stand in a URL as it is.
    ...SECRETS.map((name): [string, () => string] => [name, () => randomBytes(24).toString('hex')]),
    ['JWKS_FILE', () => jwksFile],
  ];
  const added = wanted.filter(([name]) => !known.has(name)).map(([name, make]) => `${name}=${make()}`);
  const kept = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  return added.length === 0 ? before : `${kept}${added.join('\n')}\n`;
}

if (isMain(import.meta.url)) {
  const file = join(root, '.env');
  const { jwks } = await ensureKeys(localDir);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, composeEnv(before, `./${relative(root, jwks)}`), { mode: 0o600 });
  console.log('.env is written. Now: docker compose up --build --wait router');
}
