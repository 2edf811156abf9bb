import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';

/** What the router says about who is calling: the claims of the client's checked token, or null for nobody. */
export interface RouterIdentity {
  readonly claims: Readonly<Record<string, unknown>> | null;
}

/** The header that carries the identity, and its name in `connection_init`. */
export const identityHeader = 'x-router-identity';

const algorithm = 'HS256';
const head = Buffer.from(JSON.stringify({ alg: algorithm })).toString('base64url');
const issuer = 'router';
const audience = 'subgraph';
/** Clocks of two machines may differ by so many seconds. */
const clockTolerance = 5;

/** The text is no identity that the router signed, or it has expired. */
export class IdentityError extends Error {
  override name = 'IdentityError';
}

/**
 * Signs what the router says to subgraphs.
 *
 * @param key the secret shared by router and subgraphs, at least 32 characters
 * @param claims the client's claims, null when nobody is signed in
 * @param lifetimeSeconds at most 60. @default 60
 */
export async function signIdentity(
  key: string | KeyObject,
  claims: Readonly<Record<string, unknown>> | null,
  lifetimeSeconds = 60,
): Promise<string> {
  return signedIdentity(keyOf(key), claims, lifetimeSeconds);
}

/**
 * The same at once: ten thousand callers who come back in one moment need one each, and jose's way goes through a thread for
 * each, at twenty times the cost.
 */
export function signedIdentity(
  key: KeyObject,
  claims: Readonly<Record<string, unknown>> | null,
  lifetimeSeconds = 60,
): string {
  const subject = claims?.['sub'];
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    claims,
    iss: issuer,
    aud: audience,
    iat: now,
    exp: now + Math.min(lifetimeSeconds, 60),
    ...(typeof subject === 'string' && { sub: subject }),
  };
  const signed = `${head}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/**
 * Checks what came in as the router's word.
 *
 * @throws IdentityError when it isn't the router's, or is too old
 */
export async function verifyIdentity(key: string | KeyObject, token: string): Promise<RouterIdentity> {
  return (await verified(keyOf(key), token)).identity;
}

/**
 * Makes a check that verifies each token's text once and remembers the answer until the token expires.
 *
 * The answer comes at once (not as a promise) when it is known: this runs in every request.
 */
export function createIdentityCheck(
  key: string,
  options: { /** Tokens remembered. @default 10_000 */ max?: number } = {},
): (token: string) => RouterIdentity | Promise<RouterIdentity> {
  const secret = keyOf(key);
  const known = new LRUCache<string, { identity: RouterIdentity; expiresAt: number }>({ max: options.max ?? 10_000 });

  async function verifyAndRemember(token: string): Promise<RouterIdentity> {
    const answer = await verified(secret, token);
    known.set(token, answer);
    return answer.identity;
  }

  return function checkIdentity(token) {
    const answer = known.get(token);
    if (answer === undefined) return verifyAndRemember(token);
    if (answer.expiresAt > Date.now()) return answer.identity;
    known.delete(token);
    return Promise.reject(new IdentityError('The identity has expired.'));
  };
}

async function verified(key: KeyObject, token: string): Promise<{ identity: RouterIdentity; expiresAt: number }> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience,
      clockTolerance,
      requiredClaims: ['exp', 'claims'],
    });
    const claims = payload['claims'];
    if (claims !== null && (typeof claims !== 'object' || Array.isArray(claims)))
      throw new TypeError('claims is no object');
    const identity = { claims: claims === null ? null : Object.freeze({ ...claims }) };
    return { identity, expiresAt: ((payload.exp ?? 0) + clockTolerance) * 1000 };
  } catch (error) {
    throw new IdentityError('The identity is not one that the router signed.', { cause: error });
  }
}

function keyOf(key: string | KeyObject): KeyObject {
  return typeof key === 'string' ? createSecretKey(key, 'utf8') : key;
}
