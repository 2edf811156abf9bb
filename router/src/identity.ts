import { createSecretKey } from 'node:crypto';
import { createTokenCheck, TokenError } from '@cafe-for-me/lib/client-token';
import { signIdentity } from '@cafe-for-me/lib/router-identity';
import { LRUCache } from 'lru-cache';

/** Who sends an operation, as far as the router knows. */
export interface Caller {
  /** When the client's token ends, in ms since 1970. */
  readonly expiresAt: number | undefined;
  /**
   * What is said to subgraphs about this caller: a fresh signed text; undefined when the router has no key to sign with.
   * It comes at once when one was signed a moment ago: every fetch asks.
   */
  signed(): string | undefined | Promise<string | undefined>;
}

/** The client sent a token that doesn't hold. `unavailable`: it could not be checked, which is not the client's fault. */
export class BadToken extends Error {
  override name = 'BadToken';
  readonly unavailable: boolean;

  constructor(message: string, options: ErrorOptions & { unavailable?: boolean } = {}) {
    super(message, options);
    this.unavailable = options.unavailable ?? false;
  }
}

/** A signed text lives 60 s and is used for the first 30 of them, so that it is never old when it arrives. */
const reusedForMs = 30_000;

interface Signed {
  readonly text: string;
  readonly until: number;
}

export interface IdentityOptions {
  /** Without it subgraphs are told nothing. */
  routerKey: string | undefined;
  /** Without it clients' tokens are not looked at. */
  tokens: { jwks: string; issuer: string; audience: string } | undefined;
  /** The clock, in ms since 1970. */
  now?: () => number;
}

export interface Identity {
  readonly anonymous: Caller;
  /**
   * @param authorization as in the HTTP header: `Bearer <token>`; absent means anonymous
   * @throws BadToken
   */
  identify(authorization: string | undefined): Promise<Caller> | Caller;
}

/** Checks clients' tokens and turns them into what subgraphs are told. */
export function createIdentity({ routerKey, tokens, now = Date.now }: IdentityOptions): Identity {
  const key = routerKey === undefined ? undefined : createSecretKey(routerKey, 'utf8');
  const check = tokens === undefined ? undefined : createTokenCheck(tokens);
  const signedTexts = new LRUCache<string, Signed>({ max: 10_000 });

  /** @param name the client's token, or '' for nobody */
  function callerOf(name: string, claims: Readonly<Record<string, unknown>> | null, expiresAt?: number): Caller {
    async function sign(secret: NonNullable<typeof key>): Promise<string> {
      const text = await signIdentity(secret, claims);
      signedTexts.set(name, { text, until: now() + reusedForMs });
      return text;
    }
    return {
      expiresAt,
      signed() {
        if (key === undefined) return undefined;
        const known = signedTexts.get(name);
        return known !== undefined && known.until > now() ? known.text : sign(key);
      },
    };
  }

  const anonymous = callerOf('', null);

  async function checked(authorization: string): Promise<Caller> {
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw new BadToken('The authorization is not of the form "Bearer <token>".');
    try {
      const { claims, expiresAt } = await check!(token);
      return callerOf(token, claims, expiresAt);
    } catch (error) {
      const unavailable = error instanceof TokenError ? error.kind === 'unavailable' : true;
      const message = error instanceof TokenError && !unavailable ? error.message : "The token can't be checked now.";
      throw new BadToken(message, { cause: error, unavailable });
    }
  }

  return {
    anonymous,
    identify(authorization) {
      return check === undefined || authorization === undefined ? anonymous : checked(authorization);
    },
  };
}
