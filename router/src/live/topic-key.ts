import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../authorization/identity.ts';
import type { Accepted } from './live-subscriptions.ts';
import type { TokenScope } from './resume-token.ts';

/** What of a token differs from one to the next of the same caller, and decides about nothing else. */
const fleeting = new Set(['exp', 'iat', 'nbf', 'jti', 'auth_time']);

interface CallerNames {
  /** All that decides about what the caller may have. */
  readonly authorization: string;
  /** Who it is. */
  readonly caller: string;
}

const anonymous: CallerNames = { authorization: '', caller: '' };
const known = new WeakMap<Caller, CallerNames>();

function namesOf(caller: Caller): CallerNames {
  const { claims } = caller;
  if (claims === null) return anonymous;
  let names = known.get(caller);
  if (names === undefined) {
    const lasting = Object.fromEntries(Object.entries(claims).filter(([name]) => !fleeting.has(name)));
    names = { authorization: named(lasting), caller: named([claims['iss'], claims['sub']]) };
    known.set(caller, names);
  }
  return names;
}

/** What a token for this subscription names: the caller and the operation with its variables. */
export function scopeOf({ queryHash, operation, variables }: Accepted, caller: Caller): TokenScope {
  return {
    caller: namesOf(caller).caller,
    operation: named([queryHash, operation.name?.value ?? '', variables ?? {}]),
  };
}

/**
 * Equal for subscriptions whose events are the same for all that decides about them.
 *
 * @param headers those of the client that subgraphs get to see
 */
export function topicKey(
  { subscription }: Accepted,
  { operation }: TokenScope,
  caller: Caller,
  headers: IncomingHttpHeaders,
): string {
  return named([operation, namesOf(caller).authorization, subscription.variant ?? '', headers]);
}

/** A short name for a value: 96 bits, so that nobody finds two values with the same. */
function named(value: unknown): string {
  return hash('sha256', JSON.stringify(value, inOrder), 'buffer').toString('base64url', 0, 12);
}

/** Keys in their order, whatever order they came in. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
