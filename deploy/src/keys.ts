import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

/** Who issues clients' tokens, and for whom. */
export const ISSUER = 'cafe-for-me';
export const AUDIENCE = 'cafe-for-me';

const ALGORITHM = 'ES256';

export interface TokenClaims {
  sub: string;
  role: 'customer' | 'staff' | 'accountant';
  /** Of staff and accountants: the cafés they work for. */
  cafes?: readonly string[];
  phone?: string;
  name?: string;
}

/** The folder of the key pair in the data folder `dir`. */
export function keysIn(dir: string): { privateKey: string; jwks: string } {
  return { privateKey: join(dir, 'keys', 'private.jwk.json'), jwks: join(dir, 'keys', 'jwks.json') };
}

/** Makes the key pair that signs clients' tokens, unless it is there. Returns where it lies. */
export async function ensureKeys(dir: string): Promise<ReturnType<typeof keysIn>> {
  const files = keysIn(dir);
  if ((await readKey(files.privateKey)) !== undefined) return files;
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const shown = await exportJWK(publicKey);
  const names = { kid: await calculateJwkThumbprint(shown), alg: ALGORITHM, use: 'sig' };
  await mkdir(join(dir, 'keys'), { recursive: true });
  await writeWhole(files.jwks, { keys: [{ ...shown, ...names }] }, 0o644);
  // Last: whoever finds it finds the key set beside it.
  await writeWhole(files.privateKey, { ...(await exportJWK(privateKey)), ...names }, 0o600);
  return files;
}

/**
 * A token as a client sends it.
 *
 * @param dir the data folder; its key pair is made when missing
 * @param hours how long it is good. @default 24
 */
export async function signToken(dir: string, claims: TokenClaims, hours = 24): Promise<string> {
  const jwk = await readKey((await ensureKeys(dir)).privateKey);
  if (jwk === undefined) throw new Error(`The key pair in ${dir} can't be read`);
  const now = Math.floor(Date.now() / 1000);
  const { kid } = jwk;
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.round(hours * 3600))
    .sign(await importJWK(jwk, ALGORITHM));
}

async function readKey(file: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK;
  } catch {
    return undefined;
  }
}

async function writeWhole(file: string, content: object, mode: number): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(content, null, 2), { mode });
  await rename(`${file}.new`, file);
}
