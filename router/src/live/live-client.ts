import type { GraphQLFormattedError } from 'graphql';

/** One message for the clients of a subscription, written once for all who get the same. */
export interface LiveMessage {
  /** `{"data":…,"errors":…,"extensions":{"resume":…,"resumed":…}}`, JSON. */
  readonly text: string;
  /** What a client sends back to go on behind this message; SSE's `id`. */
  readonly resume: string;
  /** When the event happened or, where the subgraph doesn't say, when it arrived, ms since 1970; undefined for a snapshot's. */
  readonly occurredAt: number | undefined;
}

/**
 * Why a subscription ends that was going well: its caller's token is over, its access was withdrawn, or the router can't go on
 * with it (the supergraph changed under it).
 */
export type LiveEnd = 'expired' | 'withdrawn' | 'restart';

/** Why a transport ends a subscription: its connection was closed for one of these, or for reading too slowly, or the client went. */
export type StopReason = LiveEnd | 'slow' | 'client';

/**
 * One client's subscription as its transport implements it. No method waits or throws; after failed, completed or ended nothing
 * comes, and nothing comes before `start` has returned.
 */
export interface LiveClient {
  next(message: LiveMessage): void;
  /** Refused or broken for good: errors formatted for clients. */
  failed(errors: readonly GraphQLFormattedError[]): void;
  completed(): void;
  /** The client may come back with its last token. */
  ended(reason: LiveEnd): void;
}

/** How a subscription comes to its client. */
export type LiveTransport = 'ws' | 'sse' | 'multipart';
