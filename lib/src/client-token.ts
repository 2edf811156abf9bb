import { hash } from 'node:crypto';
import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions, type JWTVerifyResult } from 'jose';
import { LRUCache } from 'lru-cache';
import { createKeySet, type KeySet, type KeyTimes } from './key-set.ts';

/** What a good token says. */
export interface CheckedToken {
  readonly claims: Readonly<Record<string, unknown>>;
  /** When it ends, in ms since 1970; what clocks may differ by is added already. */
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

/** The algorithms that a token may be signed with: those with a public key, so that a key set can't be turned into secrets. */
export const tokenAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const;
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** Whose tokens are taken, and what they must say. */
export interface TokenProvider {
  /** The key set: the path of a JSON file, or an address to fetch it from. */
  readonly jwks: string | URL;
  /** A token names one of them (`iss`). */
  readonly issuers: readonly string[];
  /** A token names at least one of them (`aud`). */
  readonly audiences: readonly string[];
  /** @default all of `tokenAlgorithms` */
  readonly algorithms?: readonly TokenAlgorithm[] | undefined;
}

export interface TokenCheckOptions {
  readonly providers: readonly TokenProvider[];
  /** Clocks of two machines may differ by so much, in ms. @default 0 */
  readonly clockSkewMs?: number;
  /** Of a token's text. @default 8_192 */
  readonly maxTokenBytes?: number;
  /** Of `sub`, in characters: it becomes a key of caches and a part of messages. @default 256 */
  readonly maxSubjectLength?: number;
  /** Tokens remembered. @default 10_000 */
  readonly max?: number;
  readonly keyTimes?: KeyTimes;
  /** The clock, in ms since 1970. */
  readonly now?: () => number;
}

interface Remembered {
  readonly checked: CheckedToken;
  readonly keys: KeySet;
  readonly version: number;
}

/**
 * Makes the check of clients' tokens (JWT, signed with an asymmetric key of one of the key sets).
 *
 * A token is verified once and remembered, by a hash of its text, until it expires; the answer then comes at once and not as a
 * promise. What was remembered under keys that have changed is verified again.
 *
 * @returns a check that throws (or rejects with) TokenError
 */
export function createTokenCheck(options: TokenCheckOptions): (token: string) => CheckedToken | Promise<CheckedToken> {
  const { clockSkewMs = 0, maxTokenBytes = 8_192, maxSubjectLength = 256, now = Date.now } = options;
  const known = new LRUCache<string, Remembered>({ max: options.max ?? 10_000 });
  const providers = options.providers.map((provider) => ({
    ...provider,
    keys: createKeySet(provider.jwks, options.keyTimes, now),
  }));

  /** Looks at what can be seen before a signature is verified, which costs the most. */
  function payloadOf(token: string): JWTPayload {
    let payload: JWTPayload;
    try {
      payload = decodeJwt(token);
    } catch (error) {
      throw new TokenError('malformed', 'This is not a token.', { cause: error });
    }
    const { exp, sub } = payload;
    if (typeof exp === 'number' && exp * 1000 + clockSkewMs <= now()) throw expired();
    if (typeof sub !== 'string' || sub === '' || sub.length > maxSubjectLength) {
      throw new TokenError('claims', `The token's \`sub\` is not a text of 1 to ${maxSubjectLength} characters.`);
    }
    return payload;
  }

  async function verified(token: string, { keys, ...provider }: (typeof providers)[number]): Promise<Remembered> {
    const checks: JWTVerifyOptions = {
      issuer: [...provider.issuers],
      audience: [...provider.audiences],
      algorithms: [...(provider.algorithms ?? tokenAlgorithms)],
      requiredClaims: ['exp', 'sub', 'iss', 'aud'],
      clockTolerance: clockSkewMs / 1000,
      currentDate: new Date(now()),
    };
    await keys.freshen()?.catch(unavailable);
    const { version } = keys;
    let result: JWTVerifyResult;
    try {
      result = await verifiedByAny(token, keys, checks);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await keys.lookAgain())) throw typed(error);
      return verified(token, { keys, ...provider });
    }
    const { payload } = result;
    const checked = { claims: Object.freeze({ ...payload }), expiresAt: (payload.exp ?? 0) * 1000 + clockSkewMs };
    return { checked, keys, version };
  }

  async function verifyAndRemember(token: string, name: string): Promise<CheckedToken> {
    const { iss } = payloadOf(token);
    let reason = new TokenError('claims', "The token's `iss` is not right.");
    for (const provider of providers) {
      if (iss === undefined || !provider.issuers.includes(iss)) continue;
      try {
        const remembered = await verified(token, provider);
        known.set(name, remembered);
        return remembered.checked;
      } catch (error) {
        reason = error as TokenError;
      }
    }
    throw reason;
  }

  async function checkedAgain(token: string, name: string, remembered: Remembered, fresh: Promise<void>) {
    await fresh.catch(unavailable);
    const { checked, keys, version } = remembered;
    return keys.version === version ? checked : verifyAndRemember(token, name);
  }

  return function checkToken(token) {
    if (token.length > maxTokenBytes) {
      return Promise.reject(new TokenError('malformed', `The token is longer than ${maxTokenBytes} bytes.`));
    }
    const name = hash('sha256', token, 'base64');
    const remembered = known.get(name);
    if (remembered === undefined) return verifyAndRemember(token, name);
    const { checked, keys, version } = remembered;
    if (checked.expiresAt <= now()) {
      known.delete(name);
      return Promise.reject(expired());
    }
    const fresh = keys.freshen();
    if (fresh !== undefined) return checkedAgain(token, name, remembered, fresh);
    return keys.version === version ? checked : verifyAndRemember(token, name);
  };
}

/** A token that names no key is tried with each that it may mean. */
async function verifiedByAny(token: string, keys: KeySet, checks: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys.find, checks);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, checks);
      } catch (reason) {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      }
    }
    throw error;
  }
}

function unavailable(reason: unknown): never {
  throw new TokenError('unavailable', "The keys that tokens are checked with can't be had.", { cause: reason });
}

function expired(options?: ErrorOptions): TokenError {
  return new TokenError('expired', 'The token has expired.', options);
}

function typed(error: unknown): TokenError {
  const cause = { cause: error };
  if (error instanceof TokenError) return error;
  if (error instanceof errors.JWTExpired) return expired(cause);
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
  return unavailable(error);
}
