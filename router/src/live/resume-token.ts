import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Why a token can't be gone on with. */
export type TokenRefusal = 'TOO_OLD' | 'FORGED' | 'OTHER_CALLER' | 'OTHER_OPERATION';

/** What a token is about, each a short hash. */
export interface TokenScope {
  readonly caller: string;
  readonly operation: string;
}

export interface ResumeTokens {
  /** @param position where its holder is; undefined when that has no name: the present state comes again then */
  write(scope: TokenScope, position: string | undefined): string;
  read(
    token: string,
    scope: TokenScope,
  ): { readonly refused: TokenRefusal } | { readonly refused: undefined; readonly position: string | undefined };
}

const version = 1;
const signatureBytes = 16;
/** Longer ones were not written here, and needn't be looked at. */
const longestToken = 8_192;

/**
 * Tokens that say where in its stream a client is: `base64url([version, caller, operation, issued at, position]).signature`.
 * They hold nothing secret; the signature keeps clients from making up positions, and from using another's.
 *
 * @param options.now the clock, in ms since 1970
 */
export function createResumeTokens(options: {
  key: Buffer;
  /** Older ones are refused. */
  maxAgeMs: number;
  now?: () => number;
}): ResumeTokens {
  const { key, maxAgeMs, now = Date.now } = options;

  const sign = (body: string) => createHmac('sha256', key).update(body).digest().subarray(0, signatureBytes);

  return {
    write({ caller, operation }, position) {
      const said = [version, caller, operation, Math.floor(now() / 1_000), position ?? ''];
      const body = Buffer.from(JSON.stringify(said)).toString('base64url');
      return `${body}.${sign(body).toString('base64url')}`;
    },
    read(token, { caller, operation }) {
      const said = token.length > longestToken ? undefined : signed(token, sign);
      if (said === undefined) return { refused: 'FORGED' };
      const [, itsCaller, itsOperation, issuedAt, position] = said;
      if (itsCaller !== caller) return { refused: 'OTHER_CALLER' };
      if (itsOperation !== operation) return { refused: 'OTHER_OPERATION' };
      if (now() - issuedAt * 1_000 > maxAgeMs) return { refused: 'TOO_OLD' };
      return { refused: undefined, position: position === '' ? undefined : position };
    },
  };
}

/** What a client brought back in an operation's `extensions`. What is no text was not written here, and is told as forged, as any such text is. */
export function resumeTokenIn(extensions: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  const resume = extensions?.['resume'];
  if (resume === undefined || resume === null) return undefined;
  return typeof resume === 'string' ? resume : notOurs;
}

const notOurs = '';

type Said = readonly [version: number, caller: string, operation: string, issuedAt: number, position: string];

/** @returns undefined for what was not signed with this key, or has another form */
function signed(token: string, sign: (body: string) => Buffer): Said | undefined {
  const [body = '', signature = '', ...more] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  if (more.length > 0 || given.length !== signatureBytes || !timingSafeEqual(given, sign(body))) return undefined;
  const said = JSON.parse(Buffer.from(body, 'base64url').toString()) as Said;
  return said[0] === version ? said : undefined;
}

/**
 * The key of these tokens: the same in every process that has the same secret, of no use for anything else that is signed with it.
 *
 * @param secret undefined: this process alone reads its tokens
 */
export function resumeKeyFrom(secret: string | undefined): Buffer {
  if (secret === undefined) return randomBytes(32);
  return Buffer.from(hkdfSync('sha256', secret, '', 'resume tokens of subscriptions', 32));
}
