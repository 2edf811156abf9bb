/** What both helpers keep of a live subscription, so that it can go on where it was. */

/** An operation as it is sent; `extensions.resume` is the helper's to write. */
export interface LiveRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

/** Plain data: it may lie beside what the page made of the messages (in sessionStorage, say) and outlive a reload with it. */
export interface Kept {
  /** The operation with its variables. The token is sent for no other. */
  readonly operation: string;
  readonly token: string;
}

/**
 * How a subscription went on that had a token. `exact`: behind the last message, nothing left out, nothing repeated.
 * `snapshot` and `expired`: it could not, so the present state comes first again, and what was between is not told.
 */
export type Resumed = 'exact' | 'snapshot' | 'expired';

/** In the `extensions` of a message. */
export interface LiveExtensions {
  readonly resume?: string;
  readonly resumed?: Resumed;
  /** TOO_OLD, FORGED, OTHER_CALLER, OTHER_OPERATION or STREAM_GONE. */
  readonly resumedReason?: string;
}

/** Tells an operation with its variables from every other, in whatever order the variables stand. */
export function operationOf({ query, operationName, variables, extensions }: LiveRequest): string {
  const parts = [query, operationName ?? null, variables ?? {}, extensions?.['persistedQuery'] ?? null];
  return JSON.stringify(parts, function sorted(_, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** The wait before try 0, 1, 2… in ms: from half a second on, doubled to 30 s, at random between half of it and all of it. */
export function backoff(tries: number): number {
  return Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
}
