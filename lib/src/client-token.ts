import { readFile, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { LRUCache } from 'lru-cache';

/** What a good token says. */
export interface CheckedToken {
  readonly claims: Readonly<Record<string, unknown>>;
  /** When it ends, in ms since 1970. */
  readonly expiresAt: number;
}

/**
 * Why a token is refused. `unavailable` is not the client's fault: the keys can't be read.
 */
export type TokenErrorKind = 'expired' | 'malformed' | 'signature' | 'claims' | 'unavailable';

export class TokenError extends Error {
  override name = 'TokenError';
  readonly kind: TokenErrorKind;

  constructor(kind: TokenErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The file of keys is looked at again at most so often, in ms. */
const lookAgainMs = 1000;

/**
 * Makes the check of clients' tokens (JWT, signed with an asymmetric key of the key set).
 *
 * A token's text is verified once and remembered until it expires. A key file that changes is read again, and what was
 * remembered under the old keys is forgotten.
 *
 * @returns a check that throws TokenError
 */
export function createTokenCheck(options: {
  /** The key set: the path of a JSON file, or an address to fetch it from. */
  jwks: string | URL;
  issuer: string;
  audience: string;
  /** Tokens remembered. @default 10_000 */
  max?: number;
  /** The clock, in ms since 1970. */
  now?: () => number;
}): (token: string) => Promise<CheckedToken> {
  const { issuer, audience, now = Date.now } = options;
  const known = new LRUCache<string, CheckedToken>({ max: options.max ?? 10_000 });
  const source = addressOf(options.jwks);
  const keys = source.protocol === 'file:' ? fileKeys(source, now, () => known.clear()) : remoteKeys(source);

  return async function checkToken(token) {
    const keySet = await keys();
    const remembered = known.get(token);
    if (remembered !== undefined) {
      if (remembered.expiresAt > now()) return remembered;
      known.delete(token);
      throw new TokenError('expired', 'The token has expired.');
    }
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer,
        audience,
        algorithms: ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256'],
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(now()),
      });
      const checked = { claims: Object.freeze({ ...payload }), expiresAt: (payload.exp ?? 0) * 1000 };
      known.set(token, checked);
      return checked;
    } catch (error) {
      throw typed(error);
    }
  };
}

function addressOf(jwks: string | URL): URL {
  if (jwks instanceof URL) return jwks;
  return /^(https?|file):/.test(jwks) ? new URL(jwks) : pathToFileURL(jwks);
}

function remoteKeys(address: URL): () => Promise<JWTVerifyGetKey> {
  const keySet = createRemoteJWKSet(address);
  return () => Promise.resolve(keySet);
}

/** Reads the key file when it is first needed and whenever its time or size differs. */
function fileKeys(file: URL, now: () => number, changed: () => void): () => Promise<JWTVerifyGetKey> {
  let current: { keySet: JWTVerifyGetKey; mark: string } | undefined;
  let lookedAt = -Infinity;
  let looking: Promise<JWTVerifyGetKey> | undefined;

  async function look(): Promise<JWTVerifyGetKey> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const mark = `${mtimeMs}:${size}:${ino}`;
      if (current?.mark !== mark) {
        const keySet = createLocalJWKSet(JSON.parse(await readFile(file, 'utf8')) as JSONWebKeySet);
        current = { keySet, mark };
        changed();
      }
      lookedAt = now();
      return current.keySet;
    } catch (error) {
      // A file that is being replaced is missing or half-written for a moment: the keys that were read still hold.
      if (current !== undefined) return current.keySet;
      throw new TokenError('unavailable', `The key file ${file.pathname} can't be read.`, { cause: error });
    } finally {
      looking = undefined;
    }
  }

  return function keysOfFile() {
    if (current !== undefined && now() - lookedAt < lookAgainMs) return Promise.resolve(current.keySet);
    looking ??= look();
    return looking;
  };
}

function typed(error: unknown): TokenError {
  const cause = { cause: error };
  if (error instanceof TokenError) return error;
  if (error instanceof errors.JWTExpired) return new TokenError('expired', 'The token has expired.', cause);
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenError('claims', `The token's \`${error.claim}\` is not right.`, cause);
  }
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed
  ) {
    return new TokenError('signature', 'The token is not signed with a key of ours.', cause);
  }
  if (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return new TokenError('malformed', 'This is not a token.', cause);
  }
  return new TokenError('unavailable', "The keys that tokens are checked with can't be had.", cause);
}
