import type { CombinedError } from '@urql/core';

/**
 * Why there is no answer, in the few ways that a person can do something about:
 * unreachable: no network, or the router is away. signedOut: the token is missing, over or refused. forbidden: not theirs to see.
 * busy: too many requests. partly: some of it is missing, because a service is away. failed: anything else, with its reference.
 */
export type Problem =
  | { readonly kind: 'unreachable' | 'signedOut' | 'forbidden' | 'busy' | 'partly' }
  | { readonly kind: 'failed'; readonly message: string; readonly reference: string | undefined };

/** What the router says of a service that did not answer. */
const AWAY: ReadonlySet<unknown> = new Set(['SUBREQUEST_FAILED', 'SUBREQUEST_TIMEOUT', 'SERVICE_UNAVAILABLE']);

/** @param error what urql tells @param answered whether there was data beside it */
export function problemOf(error: CombinedError, answered: boolean): Problem {
  const status = (error.response as Response | undefined)?.status;
  const codes = error.graphQLErrors.map(({ extensions }) => extensions['code']);
  if (codes.includes('UNAUTHENTICATED') || status === 401) return { kind: 'signedOut' };
  if (codes.includes('FORBIDDEN') || status === 403) return { kind: 'forbidden' };
  if (status === 429) return { kind: 'busy' };
  if (error.graphQLErrors.length === 0 || status === 502 || status === 503 || status === 504) {
    return { kind: 'unreachable' };
  }
  if (answered || codes.every((code) => AWAY.has(code))) return { kind: 'partly' };
  const [first] = error.graphQLErrors;
  const reference = first?.extensions['reference'];
  return {
    kind: 'failed',
    message: first?.message ?? error.message,
    reference: typeof reference === 'string' ? reference : undefined,
  };
}
