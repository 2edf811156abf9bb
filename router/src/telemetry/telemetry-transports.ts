import type { Count, Metrics } from '@cafe-for-me/lib/metrics';
import type { LiveMessage, LiveTransport } from '../live/live-client.ts';

/** What the transports note of connections that stay open. */
export interface TransportTelemetry {
  /** A connection that stays open was accepted. */
  opened(transport: LiveTransport): void;
  /** @param code of a WebSocket */
  closed(code: number): void;
  /** A client read too slowly. */
  cutOff(transport: LiveTransport): void;
  /** A message was handed to one client's connection. */
  sent(message: LiveMessage): void;
  /** @param read bytes that wait in the process for clients to read them */
  showWaiting(read: () => number): void;
}

/** Of RFC 6455, the registry, and graphql-transport-ws; a client may close with any other. */
const knownCodes = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429,
  4499, 4500,
]);

/**
 * From an event to the last socket that it is handed to is observed once per message, in the moment after it was handed to all
 * that wait for it: an observation for each of ten thousand clients would itself be what takes long.
 */
export function observeTransports(metrics: Metrics): TransportTelemetry {
  const opened = metrics.counter('router_connections_total', 'Connections for subscriptions that were opened.', [
    'transport',
  ]);
  const closed = metrics.counter('router_sockets_closed_total', 'WebSockets of clients that were closed.', ['code']);
  const cutOff = metrics.counter('router_slow_clients_total', 'Connections closed as their client read too slowly.', [
    'transport',
  ]);
  const duration = metrics
    .histogram(
      'router_event_duration_seconds',
      'From an event, as its subgraph says when it happened, to the last client of this process that it is handed to.',
    )
    .of();
  const counts = (family: typeof opened) => ({
    ws: family.of('ws'),
    sse: family.of('sse'),
    multipart: family.of('multipart'),
  });
  const openedOf: Record<LiveTransport, Count> = counts(opened);
  const cutOffOf: Record<LiveTransport, Count> = counts(cutOff);
  let last: LiveMessage | undefined;
  const times: number[] = [];

  function observe(): void {
    const now = Date.now();
    // The clocks of two machines differ a little.
    for (const time of times) duration.observe(Math.max(now - time, 0) / 1_000);
    times.length = 0;
  }

  return {
    opened: (transport) => void (openedOf[transport].value += 1),
    closed: (code) => void (closed.of(knownCodes.has(code) ? String(code) : 'other').value += 1),
    cutOff: (transport) => void (cutOffOf[transport].value += 1),
    sent(message) {
      if (message === last) return;
      last = message;
      if (message.occurredAt === undefined) return;
      if (times.length === 0) queueMicrotask(observe);
      times.push(message.occurredAt);
    },
    showWaiting(read) {
      metrics.gauge('router_waiting_bytes', 'Bytes that wait for slow clients to read them.', [], 'sum', () => [
        [read()],
      ]);
    },
  };
}
