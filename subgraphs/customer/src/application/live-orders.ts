import type { EventEnvelope } from '@cafe-for-me/lib/events';
import type { EventData, OrderEventName } from '@cafe-for-me/schema/events';
import type { StatusChange } from './ports.ts';

type OrderData = EventData[OrderEventName];

/** The names under which subscribers find an event of an order. */
export const orderFeedKey = (orderId: string): string => `order:${orderId}`;
export const customerFeedKey = (customerId: string): string => `customer:${customerId}`;

export function feedKeysOf(event: EventEnvelope): string[] {
  const { customerId } = event.data as Partial<OrderData>;
  return [orderFeedKey(event.aggregateId), ...(customerId === undefined ? [] : [customerFeedKey(customerId)])];
}

/** What an event says of its order's status; every event of ORDERS carries it. */
export function statusChangeOf(event: EventEnvelope): StatusChange | null {
  const { status, message } = event.data as Partial<OrderData>;
  if (status === undefined || message === undefined) return null;
  return {
    orderId: event.aggregateId,
    version: event.aggregateVersion,
    status,
    at: new Date(event.occurredAt),
    message,
  };
}
