import { CloseCode } from 'graphql-ws';
import type { StopReason } from '../live/live-client.ts';

// cspell:ignore initialisation
/**
 * A socket's end: the code, what is said beside it (at most 123 bytes, RFC 6455 says), and why its subscriptions end, where that is not
 * the client's doing.
 */
export type Closing = readonly [code: number, reason: string, ends?: StopReason];

/**
 * All ways in which the router closes a socket. 1012 and 1013 are of the registry of WebSocket close codes, the others of
 * graphql-transport-ws. A stock client of graphql-ws comes back after 1012, 1013 and 4403, and takes the others for final. The words are
 * those of its PROTOCOL.md.
 */
export const closings = {
  badMessage: [CloseCode.BadRequest, 'Invalid message received'],
  notInitialized: [CloseCode.Unauthorized, 'Unauthorized'],
  forbidden: [CloseCode.Forbidden, 'Forbidden'],
  expired: [CloseCode.Forbidden, 'The token has expired', 'expired'],
  withdrawn: [CloseCode.Forbidden, 'Access was withdrawn', 'withdrawn'],
  otherProtocol: [CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable'],
  initializedLate: [CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'],
  initializedTwice: [CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests'],
  broken: [CloseCode.InternalServerError, 'Internal server error'],
  restart: [1012, 'Service Restart', 'restart'],
  tooSlow: [1013, 'Too slow', 'slow'],
  tryAgainLater: [1013, 'Try again later'],
} as const satisfies Record<string, Closing>;

export function duplicateId(id: string): Closing {
  const reason = `Subscriber for ${id} already exists`;
  return [CloseCode.SubscriberAlreadyExists, Buffer.byteLength(reason) > 123 ? 'Subscriber already exists' : reason];
}
