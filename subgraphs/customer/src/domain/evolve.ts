import type { OrderEvent, OrderPlaced } from './event.ts';
import type { Order, OrderFacts, OrderStatus, UnpaidOrder } from './order.ts';
import { unreachable } from './unreachable.ts';

/** The order that a new one begins as. */
export function begin({ orderId, cafeId, smsTo, clock, data }: OrderPlaced, at: Date): UnpaidOrder {
  const { customerId, lines, total } = data;
  const facts = {
    id: orderId,
    customerId,
    cafeId,
    lines,
    total,
    clock,
    smsTo,
    version: 1,
    placedAt: at,
    updatedAt: at,
  };
  return { ...facts, status: 'PENDING_PAYMENT', payment: 'CHARGING' };
}

/**
 * The order after an event.
 *
 * @throws Error for an event that `decide` never gives for this order: a fault, not a refusal
 */
export function evolve(order: Order, event: Exclude<OrderEvent, OrderPlaced>, at: Date): Order {
  if (event.type === 'PaymentUnknown') {
    if (order.status !== 'PENDING_PAYMENT') throw impossible(order, event.type);
    return { ...order, payment: 'UNKNOWN' };
  }
  const facts = { ...factsOf(order), version: order.version + 1, updatedAt: at };
  switch (event.type) {
    case 'PaymentCompleted':
      return { ...facts, status: 'PLACED', payment: 'CHARGED', acceptBy: new Date(event.data.acceptBy) };
    case 'PaymentFailed':
      return { ...facts, status: 'PAYMENT_FAILED', payment: 'FAILED', failure: event.failure };
    case 'OrderCancelRequested':
      if (order.status !== 'PLACED') throw impossible(order, event.type);
      return { ...facts, status: 'CANCEL_REQUESTED', payment: 'CHARGED', acceptBy: order.acceptBy };
    case 'OrderStatusChanged':
      return withStatus(order, facts, event.data.status);
    case 'PaymentRefunded':
      if (order.payment !== 'REFUNDING') throw impossible(order, event.type);
      return { ...facts, status: order.status, payment: 'REFUNDED' };
    default:
      throw unreachable(event);
  }
}

function withStatus(order: Order, facts: OrderFacts, status: OrderStatus): Order {
  switch (status) {
    case 'ACCEPTED':
    case 'READY':
    case 'PICKED_UP':
    case 'NOT_COLLECTED':
      return { ...facts, status, payment: 'CHARGED' };
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE':
      return { ...facts, status, payment: 'REFUNDING' };
    case 'PENDING_PAYMENT':
    case 'PAYMENT_FAILED':
    case 'PLACED':
    case 'CANCEL_REQUESTED':
      throw impossible(order, `OrderStatusChanged to ${status}`);
    default:
      throw unreachable(status);
  }
}

function factsOf(order: Order): OrderFacts {
  const { id, customerId, cafeId, lines, total, clock, smsTo, version, placedAt, updatedAt } = order;
  return { id, customerId, cafeId, lines, total, clock, smsTo, version, placedAt, updatedAt };
}

function impossible(order: Order, what: string): Error {
  return new Error(`${what} can't happen to an order that is ${order.status}, ${order.payment}`);
}
