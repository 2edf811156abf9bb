import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureKeys, signToken, type TokenClaims } from './keys.ts';
import { phoneOf } from './phone.ts';

const customer = (sub: string, name: string): TokenClaims => ({ sub, role: 'customer', name, phone: phoneOf(sub) });
const CAFES = ['92', '93', '94'];

const PEOPLE: readonly { label: string; claims: TokenClaims }[] = [
  { label: 'Customer Alice', claims: customer('alice', 'Alice') },
  { label: 'Customer Bob', claims: customer('bob', 'Bob') },
  ...CAFES.map((cafe) => ({
    label: `Barista of café ${cafe}`,
    claims: { sub: `barista-${cafe}`, role: 'staff' as const, cafes: [cafe], name: `Barista of café ${cafe}` },
  })),
  { label: 'Accountant', claims: { sub: 'accountant', role: 'accountant', cafes: CAFES, name: 'Accountant' } },
];

/** Writes a token for each kind of person, for the playground of the local demo; returns the file. */
export async function writeDemoTokens(dir: string): Promise<string> {
  await ensureKeys(dir);
  const tokens = await Promise.all(
    PEOPLE.map(async ({ label, claims }) => ({ label, token: await signToken(dir, claims, 24 * 90) })),
  );
  const file = join(dir, 'demo-tokens.json');
  await writeFile(file, JSON.stringify(tokens, null, 2), { mode: 0o600 });
  return file;
}
