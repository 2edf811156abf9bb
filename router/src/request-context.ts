import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './identity.ts';

/** What belongs to one operation of one client, whatever the transport. */
export interface RequestContext {
  readonly requestId: string;
  /** W3C trace context of the client, passed on as it is. */
  readonly traceparent: string | undefined;
  readonly caller: Caller;
  /** What the client sent: of its HTTP request, or of the one that opened its socket. */
  readonly headers: IncomingHttpHeaders;
}

/** The client's own request id when it is a short and harmless token, else a new one. */
export function requestIdFrom(given: unknown): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** The client's trace context when it has the form of one. */
export function traceparentFrom(given: unknown): string | undefined {
  return typeof given === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given)
    ? given
    : undefined;
}
