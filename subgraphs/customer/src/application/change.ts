import { EVENTS, type AnyEnvelope, type OrderEventName } from '@cafe-for-me/schema/events';
import type { OrderPlaced, PublishedEvent } from '../domain/event.ts';
import { begin, evolve } from '../domain/evolve.ts';
import { smsOf } from '../domain/messages.ts';
import type { Order } from '../domain/order.ts';
import type { Change, World } from './ports.ts';

/** The first version of an order. */
export function firstChange(event: OrderPlaced, at: Date, world: World): Change {
  return changeTo(begin(event, at), event, at, world);
}

/** The version of an order that an event leads to. */
export function nextChange(order: Order, event: Exclude<PublishedEvent, OrderPlaced>, at: Date, world: World): Change {
  return changeTo(evolve(order, event, at), event, at, world);
}

function changeTo(order: Order, event: PublishedEvent, at: Date, world: World): Change {
  const traceparent = world.traceparent();
  const envelope = {
    id: world.newId(),
    type: event.type,
    schemaVersion: EVENTS[event.type].schemaVersion,
    aggregateId: order.id,
    aggregateVersion: order.version,
    cafeId: order.cafeId,
    occurredAt: at.toISOString(),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: event.data,
  };
  // `type` and `data` come from one event, which the compiler can't follow through the union.
  return { order, event: envelope as AnyEnvelope<OrderEventName>, sms: smsOf(event) };
}

/** One line per change of an order's state. */
export function logChange({ order, event }: Change, world: World): void {
  const { id: orderId, status, version, cafeId, payment } = order;
  world.log({ orderId, cafeId, status, version, payment, event: event.type }, event.data.message);
}
