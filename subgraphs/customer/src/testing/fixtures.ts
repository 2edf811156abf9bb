/** Orders, menus and steps that the tests of this service share. Fixed, so that a failure reads the same each time. */
import type { DeliveryEvent } from '../domain/messages.ts';
import type { CafeMenu } from '../domain/menu.ts';
import type { Order, OrderFacts, OrderStatus } from '../domain/order.ts';
import type { PlaceInput } from '../domain/place-input.ts';

export const now = new Date('2020-05-14T03:12:00.000Z');
export const later = new Date('2020-05-14T03:13:00.000Z');
export const acceptWithinMs = 600_000;
export const acceptBy = new Date('2020-05-14T03:22:00.000Z');
export const clock = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };

export const menu: CafeMenu = {
  cafeId: '92',
  open: true,
  clock,
  items: new Map([
    ['IceAmericano', { price: 2000, available: true }],
    ['Latte', { price: 3500, available: true }],
    ['Tiramisu', { price: 6000, available: false }],
  ]),
  version: 4,
};

export const input: PlaceInput = {
  idempotencyKey: 'key-1',
  cafeId: '92',
  lines: [{ product: 'IceAmericano', qty: 2 }],
  expectedTotal: null,
  phone: null,
};

const facts: OrderFacts = {
  id: '7b0e3f4c-0000-4000-8000-000000000001',
  customerId: 'alice',
  cafeId: '92',
  lines: [{ product: 'IceAmericano', qty: 2, unitPrice: 2000 }],
  total: 4000,
  clock,
  smsTo: '010-1234-5678',
  version: 3,
  placedAt: now,
  updatedAt: now,
};

/** An order in each status; the refunded ones with the refund under way. */
export const orders = {
  PENDING_PAYMENT: { ...facts, status: 'PENDING_PAYMENT', payment: 'CHARGING', version: 1 },
  PAYMENT_FAILED: {
    ...facts,
    status: 'PAYMENT_FAILED',
    payment: 'FAILED',
    failure: { kind: 'DECLINED', reason: 'card declined' },
    version: 2,
  },
  PLACED: { ...facts, status: 'PLACED', payment: 'CHARGED', acceptBy, version: 2 },
  CANCEL_REQUESTED: { ...facts, status: 'CANCEL_REQUESTED', payment: 'CHARGED', acceptBy },
  ACCEPTED: { ...facts, status: 'ACCEPTED', payment: 'CHARGED' },
  READY: { ...facts, status: 'READY', payment: 'CHARGED' },
  PICKED_UP: { ...facts, status: 'PICKED_UP', payment: 'CHARGED' },
  NOT_COLLECTED: { ...facts, status: 'NOT_COLLECTED', payment: 'CHARGED' },
  REJECTED: { ...facts, status: 'REJECTED', payment: 'REFUNDING' },
  EXPIRED: { ...facts, status: 'EXPIRED', payment: 'REFUNDING' },
  CANCELED: { ...facts, status: 'CANCELED', payment: 'REFUNDING' },
  CANCELED_BY_CAFE: { ...facts, status: 'CANCELED_BY_CAFE', payment: 'REFUNDING' },
} as const satisfies { [Status in OrderStatus]: Order & { status: Status } };

const customerId = 'alice';
const { lines, total } = facts;
const by = 'bob';

/** A step of each kind at the café. */
export const steps = {
  DeliveryCreated: {
    type: 'DeliveryCreated',
    data: { customerId, status: 'ORDER_GET', lines, total, acceptBy: acceptBy.toISOString() },
  },
  OrderReceived: {
    type: 'OrderReceived',
    data: { customerId, status: 'RECEIVED', queueNumber: 14, readyBy: later.toISOString(), lines, total, by, ...clock },
  },
  OrderRejected: { type: 'OrderRejected', data: { customerId, status: 'REJECTED', reason: 'SOLD_OUT', by } },
  OrderExpired: { type: 'OrderExpired', data: { customerId, status: 'EXPIRED' } },
  OrderCancelConfirmed: { type: 'OrderCancelConfirmed', data: { customerId, status: 'CANCELED' } },
  OrderCancelRejected: {
    type: 'OrderCancelRejected',
    data: { customerId, status: 'RECEIVED', reason: 'ALREADY_ACCEPTED' },
  },
  OrderReady: { type: 'OrderReady', data: { customerId, status: 'READY', pickupCode: '4F2', by } },
  OrderPickedUp: { type: 'OrderPickedUp', data: { customerId, status: 'PICKED_UP', by } },
  OrderNotCollected: { type: 'OrderNotCollected', data: { customerId, status: 'NOT_COLLECTED' } },
  OrderCanceledByCafe: {
    type: 'OrderCanceledByCafe',
    data: { customerId, status: 'CANCELED_BY_CAFE', reason: 'machine broken', lines, total, by, ...clock },
  },
} as const satisfies { [Type in DeliveryEvent['type']]: Extract<DeliveryEvent, { type: Type }> };
