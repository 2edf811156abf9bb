import { createSecretKey, type KeyObject } from 'node:crypto';
import { createTokenCheck, TokenError, type CheckedToken } from '@cafe-for-me/lib/client-token';
import { signedIdentity } from '@cafe-for-me/lib/router-identity';
import type { z } from 'zod';
import type { Claims } from './claims.ts';
import { jwtSettings } from './jwt-settings.ts';
import type { Revocations } from './revocations.ts';

/** Who sends an operation, as far as the router knows. */
export interface Caller {
  /** What the checked token says, null for nobody. */
  readonly claims: Claims | null;
  /** When the client's token ends, in ms since 1970. */
  readonly expiresAt: number | undefined;
  /**
   * What is said to subgraphs about this caller: a text signed a moment ago; undefined when the router has no key to sign with.
   * For a while it is the same text: equal ones let equal fetches be made once.
   */
  signed(): string | undefined;
}

/** The client's token is missing or doesn't hold. `unavailable`: it could not be checked, which is not the client's fault. */
export class BadToken extends Error {
  override name = 'BadToken';
  readonly unavailable: boolean;

  constructor(message: string, options: ErrorOptions & { unavailable?: boolean } = {}) {
    super(message, options);
    this.unavailable = options.unavailable ?? false;
  }
}

/** A signed text lives 60 s and is used for at most the first 30 of them, so that it is never old when it arrives. */
const reusedForMs = 30_000;

export interface IdentityOptions {
  /** Without it subgraphs are told nothing. */
  routerKey: string | undefined;
  /** Without it clients' tokens are not looked at. */
  tokens: z.input<typeof jwtSettings> | undefined;
  /** Tokens that don't hold any more though their time isn't over. @default none */
  revocations?: Revocations | undefined;
  /** The clock, in ms since 1970. */
  now?: () => number;
}

export interface Identity {
  readonly anonymous: Caller;
  /** The name of the header that carries a token, in lower case. */
  readonly header: string;
  /**
   * The same caller for the same token, as long as it is remembered; then it comes at once.
   *
   * @param value the header's: `Bearer <token>`; absent means anonymous
   * @throws BadToken (or rejects with it)
   */
  identify(value: string | readonly string[] | undefined): Promise<Caller> | Caller;
  /** Whether its token has not been revoked since it was identified. For what lasts longer than a request. */
  holds(caller: Caller): boolean;
  /** Tokens were revoked: some callers may not hold any more. @returns ends it */
  onRevoked(listener: () => void): () => void;
}

/** Checks clients' tokens and turns them into what subgraphs are told. */
export function createIdentity({ routerKey, tokens, revocations, now = Date.now }: IdentityOptions): Identity {
  const signer = routerKey === undefined ? undefined : new Signer(createSecretKey(routerKey, 'utf8'));
  const anonymous = new KnownCaller(signer);
  const lasting = {
    holds: ({ claims }: Caller) => claims === null || revocations?.refuse(claims) !== true,
    onRevoked: (listener: () => void) => revocations?.onChange(listener) ?? (() => undefined),
  };
  if (tokens === undefined) return { anonymous, header: 'authorization', identify: () => anonymous, ...lasting };

  const settings = jwtSettings.parse(tokens);
  const { prefix, required } = settings;
  const check = createTokenCheck({
    providers: [settings, ...settings.others].map(({ jwks, issuer, audience, algorithms }) => ({
      jwks,
      issuers: [issuer].flat(),
      audiences: [audience].flat(),
      algorithms,
    })),
    clockSkewMs: settings.clockSkewMs,
    maxTokenBytes: settings.maxTokenBytes,
    maxSubjectLength: settings.maxSubjectLength,
    max: settings.remembered,
    keyTimes: settings.keys,
    now,
  });
  // Remembered as long as the checked token is.
  const callers = new WeakMap<CheckedToken, Caller>();

  function callerOf(checked: CheckedToken): Caller {
    if (revocations?.refuse(checked.claims) === true) throw new BadToken('The token has been revoked.');
    let caller = callers.get(checked);
    if (caller === undefined) callers.set(checked, (caller = new KnownCaller(signer, checked)));
    return caller;
  }

  return {
    anonymous,
    header: settings.header,
    identify(value) {
      if (value === undefined && !required) return anonymous;
      if (value === undefined) throw new BadToken('A token is required.');
      const token = typeof value === 'string' ? tokenIn(value, prefix) : undefined;
      if (token === undefined) {
        throw new BadToken(`The token is not of the form "${`${prefix} <token>`.trimStart()}".`);
      }
      const checked = check(token);
      return checked instanceof Promise ? checked.then(callerOf, refused) : callerOf(checked);
    },
    ...lasting,
  };
}

/** @returns undefined when it is no token after the prefix, whose case doesn't matter */
function tokenIn(value: string, prefix: string): string | undefined {
  if (value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  const rest = value.slice(prefix.length);
  const token = rest.trimStart();
  const isApart = prefix === '' || token.length < rest.length;
  return isApart && /^[\w.~+/=-]+$/.test(token) ? token : undefined;
}

/** Signs what is said about callers, and forgets it when it is too old to be used: there may be very many callers. */
class Signer {
  readonly #key: KeyObject;
  readonly #texts = new Map<Caller, string>();
  /** When the first of them was signed, in ms since 1970. */
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  sign(caller: Caller): string {
    // A machine that slept has timers that slept, too.
    if (Date.now() - this.#since > reusedForMs) this.#texts.clear();
    let text = this.#texts.get(caller);
    if (text === undefined) {
      text = signedIdentity(this.#key, caller.claims);
      if (this.#texts.size === 0) this.#forgetLater();
      this.#texts.set(caller, text);
    }
    return text;
  }

  #forgetLater(): void {
    clearTimeout(this.#timer);
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.#texts.clear(), reusedForMs).unref();
  }
}

class KnownCaller implements Caller {
  readonly claims: Claims | null;
  readonly expiresAt: number | undefined;
  readonly #signer: Signer | undefined;

  constructor(signer: Signer | undefined, checked?: CheckedToken) {
    this.claims = checked?.claims ?? null;
    this.expiresAt = checked?.expiresAt;
    this.#signer = signer;
  }

  signed(): string | undefined {
    return this.#signer?.sign(this);
  }
}

function refused(error: unknown): never {
  const unavailable = error instanceof TokenError ? error.kind === 'unavailable' : true;
  const message = error instanceof TokenError && !unavailable ? error.message : "The token can't be checked now.";
  throw new BadToken(message, { cause: error, unavailable });
}
