import { randomUUID } from 'node:crypto';
import { headers } from 'nats';
import type { NatsConnection } from 'nats';
import type { EventEnvelope } from '../events.ts';

/** An event of an aggregate at a version. */
export function testEvent(aggregateId: string, aggregateVersion: number, data: unknown = {}): EventEnvelope {
  return {
    id: randomUUID(),
    type: 'Changed',
    schemaVersion: 1,
    aggregateId,
    aggregateVersion,
    occurredAt: '2026-05-14T03:00:00.000Z',
    data,
  };
}

/** Stores events in a stream in the order given, past the stream's window for duplicates. */
export async function publishEvents(
  nc: NatsConnection,
  subject: string,
  events: readonly EventEnvelope[],
): Promise<void> {
  for (const event of events) await nc.jetstream().publish(subject, JSON.stringify(event), { headers: headers() });
}
