import type { EventEnvelope } from '@cafe-for-me/lib/events';
import type { EventData, OrderEventName } from '@cafe-for-me/schema/events';
import type { StatusChange } from './ports.ts';

type OrderData = EventData[OrderEventName];

/** The names under which subscribers find an event of an order. */
export const orderFeedKey = (orderId: string): string => `order:${orderId}`;
export const customerFeedKey = (customerId: string): string => `customer:${customerId}`;

export function feedKeysOf(event: EventEnvelope): string[] {
  const customerId = customerOfEvent(event);
  return [orderFeedKey(event.aggregateId), ...(customerId === undefined ? [] : [customerFeedKey(customerId)])];
}

/** Whose order an event is about. */
export function customerOfEvent(event: EventEnvelope): string | undefined {
  return (event.data as Partial<OrderData>).customerId;
}

/** What an event says of its order's status; every event of ORDERS carries it. */
export function statusChangeOf(event: EventEnvelope): StatusChange | undefined {
  const { status, message } = event.data as Partial<OrderData>;
  if (status === undefined || message === undefined) return undefined;
  return {
    orderId: event.aggregateId,
    version: event.aggregateVersion,
    status,
    at: new Date(event.occurredAt),
    message,
  };
}
