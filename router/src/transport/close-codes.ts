import { CloseCode } from 'graphql-ws';

// cspell:ignore initialisation
/** A socket's end: the code, and what is said beside it (at most 123 bytes, RFC 6455 says). */
export type Closing = readonly [code: number, reason: string];

/**
 * All ways in which the router closes a socket. 1012 and 1013 are of the registry of WebSocket close codes, the others of
 * graphql-transport-ws. A stock client of graphql-ws comes back after 1012, 1013 and 4403, and takes the others for final. The words are
 * those of its PROTOCOL.md.
 */
export const closings = {
  badMessage: [CloseCode.BadRequest, 'Invalid message received'],
  notInitialized: [CloseCode.Unauthorized, 'Unauthorized'],
  forbidden: [CloseCode.Forbidden, 'Forbidden'],
  expired: [CloseCode.Forbidden, 'The token has expired'],
  withdrawn: [CloseCode.Forbidden, 'Access was withdrawn'],
  otherProtocol: [CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable'],
  initializedLate: [CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'],
  initializedTwice: [CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests'],
  broken: [CloseCode.InternalServerError, 'Internal server error'],
  restart: [1012, 'Service Restart'],
  tooSlow: [1013, 'Too slow'],
  tryAgainLater: [1013, 'Try again later'],
} as const satisfies Record<string, Closing>;

export function duplicateId(id: string): Closing {
  const reason = `Subscriber for ${id} already exists`;
  return [CloseCode.SubscriberAlreadyExists, Buffer.byteLength(reason) > 123 ? 'Subscriber already exists' : reason];
}
