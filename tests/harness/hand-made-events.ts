/** Events published by hand on the real streams, for what no clock or till will bring about within a test. */
import { randomUUID } from 'node:crypto';
import { connect } from 'nats';
import {
  EVENTS,
  subjectOf,
  type AnyEnvelope,
  type EventData,
  type EventName,
  type StreamName,
} from '@cafe-for-me/schema/events';

export interface HandMade<Name extends EventName> {
  readonly type: Name;
  readonly aggregateId: string;
  readonly aggregateVersion: number;
  readonly cafeId?: string;
  /** ISO instant. */
  readonly occurredAt: string;
  readonly data: EventData[Name];
}

export function envelope<Name extends EventName>(event: HandMade<Name>): AnyEnvelope {
  return {
    id: randomUUID(),
    schemaVersion: EVENTS[event.type].schemaVersion,
    cafeId: '92',
    ...event,
  } as unknown as AnyEnvelope;
}

/** Publishes in the given order; each is acknowledged by the stream before the next. */
export async function publish(natsUrl: string, events: readonly AnyEnvelope[], dedupe = true): Promise<void> {
  const nats = await connect({ servers: natsUrl });
  try {
    const stream = nats.jetstream();
    for (const event of events) {
      await stream.publish(subjectOf(event), JSON.stringify(event), dedupe ? { msgID: event.id } : {});
    }
  } finally {
    await nats.close();
  }
}

/** Every event of an aggregate that a stream holds, in the stream's order. */
export async function eventsOf(natsUrl: string, stream: StreamName, aggregateId: string): Promise<AnyEnvelope[]> {
  const nats = await connect({ servers: natsUrl });
  try {
    const consumer = await nats.jetstream().consumers.get(stream);
    const { num_pending: pending } = await consumer.info();
    const events: AnyEnvelope[] = [];
    if (pending === 0) return events;
    for await (const message of await consumer.fetch({ max_messages: pending, expires: 10_000 })) {
      const event = message.json<AnyEnvelope>();
      if (event.aggregateId === aggregateId) events.push(event);
    }
    return events;
  } finally {
    await nats.close();
  }
}

/** The delivery of an accepted order as events: made, then received at `at`. */
export function acceptedDelivery(orderId: string, at: string, total = 2000, customerId = 'alice'): AnyEnvelope[] {
  const lines = [{ product: 'IceAmericano', qty: 1, unitPrice: total }];
  return [
    envelope({
      type: 'DeliveryCreated',
      aggregateId: orderId,
      aggregateVersion: 1,
      occurredAt: at,
      data: { customerId, status: 'ORDER_GET', lines, total, acceptBy: at },
    }),
    envelope({
      type: 'OrderReceived',
      aggregateId: orderId,
      aggregateVersion: 2,
      occurredAt: at,
      data: {
        customerId,
        status: 'RECEIVED',
        queueNumber: 1,
        readyBy: at,
        lines,
        total,
        by: 'barista',
        timeZone: 'Asia/Seoul',
        dayCutoffHour: 4,
      },
    }),
  ];
}

/** The café cancels an accepted order at `at`. */
export function canceledByCafe(orderId: string, at: string, aggregateVersion = 3, total = 2000): AnyEnvelope {
  return envelope({
    type: 'OrderCanceledByCafe',
    aggregateId: orderId,
    aggregateVersion,
    occurredAt: at,
    data: {
      customerId: 'alice',
      status: 'CANCELED_BY_CAFE',
      reason: 'the machine broke',
      lines: [{ product: 'IceAmericano', qty: 1, unitPrice: total }],
      total,
      by: 'barista',
      timeZone: 'Asia/Seoul',
      dayCutoffHour: 4,
    },
  });
}
