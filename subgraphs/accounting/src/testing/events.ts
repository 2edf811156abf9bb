import { randomUUID } from 'node:crypto';
import type { Envelope, OrderLine } from '@cafe-for-me/schema/events';

export const clock = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };

interface Order {
  readonly orderId: string;
  readonly cafeId: string;
  readonly customerId: string;
  readonly qty: number;
  readonly unitPrice: number;
  /** Instead of `qty` pieces at `unitPrice`. */
  readonly lines?: readonly OrderLine[];
  /** Of the event that is made. */
  readonly at: string;
}

const usual: Order = {
  orderId: 'order-1',
  cafeId: '92',
  customerId: 'alice',
  qty: 1,
  unitPrice: 2000,
  at: '2020-05-14T03:00:00.000Z',
};

function head(order: Order, version: number) {
  const { orderId: aggregateId, cafeId, at: occurredAt } = order;
  return { id: randomUUID(), schemaVersion: 1, aggregateId, aggregateVersion: version, cafeId, occurredAt };
}

function linesOf({ qty, unitPrice, lines = [{ product: 'IceAmericano', qty, unitPrice }] }: Order) {
  return { lines, total: lines.reduce((sum, line) => sum + line.qty * line.unitPrice, 0) };
}

/** Version 1 of an order's delivery. */
export function deliveryCreated(given: Partial<Order> = {}): Envelope<'DeliveryCreated'> {
  const order = { ...usual, ...given };
  const { customerId, at } = order;
  return {
    ...head(order, 1),
    type: 'DeliveryCreated',
    data: { customerId, status: 'ORDER_GET', ...linesOf(order), acceptBy: at },
  };
}

/** Version 2 of an order's delivery. */
export function orderReceived(given: Partial<Order> = {}): Envelope<'OrderReceived'> {
  const order = { ...usual, ...given };
  const { customerId, at } = order;
  return {
    ...head(order, 2),
    type: 'OrderReceived',
    data: { ...clock, customerId, status: 'RECEIVED', queueNumber: 1, readyBy: at, ...linesOf(order), by: 'barista' },
  };
}

/** Version 3 of an order's delivery. */
export function orderCanceledByCafe(given: Partial<Order> = {}): Envelope<'OrderCanceledByCafe'> {
  const order = { ...usual, ...given };
  return {
    ...head(order, 3),
    type: 'OrderCanceledByCafe',
    data: {
      ...clock,
      customerId: order.customerId,
      status: 'CANCELED_BY_CAFE',
      reason: 'no ice',
      ...linesOf(order),
      by: 'barista',
    },
  };
}

/** Version 1 of an order, as far as accounting is concerned. */
export function paymentCompleted(given: Partial<Order> = {}): Envelope<'PaymentCompleted'> {
  const order = { ...usual, ...given };
  const { customerId, at } = order;
  return {
    ...head(order, 1),
    type: 'PaymentCompleted',
    data: { ...clock, customerId, status: 'PLACED', ...linesOf(order), acceptBy: at, message: 'paid' },
  };
}

/** Of a café: its clock. */
export function cafeSaved(cafeId = '92', version = 1, given: Partial<typeof clock> = {}): Envelope<'CafeSaved'> {
  return {
    ...head({ ...usual, orderId: `cafe:${cafeId}`, cafeId }, version),
    type: 'CafeSaved',
    data: { ...clock, ...given, name: `Café ${cafeId}`, open: true },
  };
}

/** A delivery's first two events: it came, it was accepted. */
export function acceptedOrder(given: Partial<Order> = {}): [Envelope<'DeliveryCreated'>, Envelope<'OrderReceived'>] {
  return [deliveryCreated(given), orderReceived(given)];
}
