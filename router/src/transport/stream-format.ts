import type { GraphQLFormattedError } from 'graphql';
import type { LiveEnd, LiveMessage } from '../live/live-client.ts';

/** How results are written into the body of a response that stays open. All texts are whole: a client can read each at once. */
export interface StreamFormat {
  readonly transport: 'sse' | 'multipart';
  /** Of the response, by turns with their values. */
  readonly headers: readonly string[];
  /** The body begins with it. */
  opening(): string;
  /** The same bytes for all clients. */
  next(message: LiveMessage): Buffer;
  /** The one result of a query or mutation, JSON, and the end. */
  answered(payload: string): string;
  /** The errors, and the end. */
  failed(errors: readonly GraphQLFormattedError[]): string;
  readonly completed: string;
  /** Means nothing; it keeps the connection from being taken for dead. */
  readonly heartbeat: string;
  /** The last words to a client that may come back. */
  ended(reason: LiveEnd): string;
}

/** A message goes to many clients, one after the other: its bytes are made for the first. */
export function madeOnce(make: (message: LiveMessage) => string): (message: LiveMessage) => Buffer {
  let last: LiveMessage | undefined;
  let bytes = Buffer.from('');
  return function bytesOf(message) {
    if (message !== last) {
      last = message;
      bytes = Buffer.from(make(message));
    }
    return bytes;
  };
}
