import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { traceIdOf } from '@cafe-for-me/lib/telemetry';
import type { Caller } from './authorization/identity.ts';
import type { Explanation } from './execution/explanation.ts';
import type { ObservedRequest } from './telemetry/telemetry-requests.ts';

/** What belongs to one operation of one client, whatever the transport. */
export interface RequestContext {
  readonly requestId: string;
  /** W3C trace context that goes to subgraphs: the client's as it is, or that of the router's own span below it. */
  readonly traceparent: string | undefined;
  readonly caller: Caller;
  /** What the client sent: of its HTTP request, or of the one that opened its socket. */
  readonly headers: IncomingHttpHeaders;
  /** It came in a way that nothing may be changed by. */
  readonly readOnly?: boolean | undefined;
  /** Where metrics and traces are noted, when there are any. */
  readonly observed?: ObservedRequest | undefined;
  /** Where it is noted how the operation is executed: for those who asked for it, and may. */
  readonly explanation?: Explanation | undefined;
}

/** What log lines about an operation carry. */
export function logFields({ requestId, traceparent }: Pick<RequestContext, 'requestId' | 'traceparent'>) {
  return traceparent === undefined ? { requestId } : { requestId, traceId: traceIdOf(traceparent) };
}

/** The client's own request id when it is a short and harmless token, else a new one. */
export function requestIdFrom(given: unknown): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}
