import type { AnyEnvelope, OrderEventName } from '@cafe-for-me/schema/events';
import type { ChargeOutcome } from '../domain/decide.ts';
import type { CafeMenu } from '../domain/menu.ts';
import type { Sms } from '../domain/messages.ts';
import type { Order, OrderStatus, RefundedOrder, UnpaidOrder } from '../domain/order.ts';

/** One version of an order, as its history tells it. */
export interface StatusChange {
  readonly orderId: string;
  readonly version: number;
  readonly status: OrderStatus;
  readonly at: Date;
  readonly message: string;
  /** The order, where it is at hand already. */
  readonly order?: Order;
}

/** A version of an order, and whose order it is. */
export interface OwnedChange extends StatusChange {
  readonly customerId: string;
}

/** An SMS as the customer sees it. */
export interface Notification {
  readonly id: string;
  readonly text: string;
  readonly status: 'PENDING' | 'SENT' | 'DROPPED';
  readonly sentAt: Date | null;
}

/** A row of the read view. */
export interface StatusRow {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly updatedAt: Date;
}

/** An order's next version with all that is saved beside it, in the same statement. */
export interface Change {
  readonly order: Order;
  readonly event: AnyEnvelope<OrderEventName>;
  readonly sms: Sms | null;
}

/** What an order is placed under. */
export interface PlaceTerms {
  readonly idempotencyKey: string;
  readonly inputHash: string;
  readonly menuVersion: number;
  /** When the worker looks after the payment. */
  readonly paymentDueAt: Date;
}

/** What the commands need of the orders. */
export interface OrderStore {
  /**
   * Saves a new order in one statement, if the café's menu is still at `menuVersion` and the customer's key is free.
   * @returns why not, otherwise
   */
  place(change: Change, terms: PlaceTerms): Promise<'placed' | 'menu-changed' | 'key-used'>;
  /**
   * Saves the next version in one statement, if the stored one is still its predecessor.
   * @param attempt when given, also only if no worker took the order's payment over since
   * @returns whether it was saved
   */
  save(change: Change, attempt?: number): Promise<boolean>;
  /** As `save`, and remembers the customer's key; not saved either when the key is taken meanwhile. */
  saveWithKey(change: Change, idempotencyKey: string): Promise<boolean>;
  /** Remembers the key of a request that needed no change. */
  rememberKey(order: Order, idempotencyKey: string): Promise<void>;
  /** The order that a cancel request with this key was about. */
  orderOfKey(customerId: string, idempotencyKey: string): Promise<string | null>;
  byId(orderId: string): Promise<Order | null>;
  byKey(customerId: string, idempotencyKey: string): Promise<{ order: Order; inputHash: string } | null>;
}

/** An order within the transaction of a consumed event: locked until it ends. */
export interface FollowStore {
  lock(orderId: string): Promise<Order | null>;
  save(change: Change): Promise<boolean>;
}

/** An order whose payment has work to do, claimed for a while. */
export interface DuePayment {
  readonly order: UnpaidOrder | RefundedOrder;
  /** Counts the claims, from 1. */
  readonly attempt: number;
}

export interface PaymentQueue {
  /** Claims orders that are due; they come again at `leaseUntil` unless something was saved. */
  take(limit: number, now: Date, leaseUntil: Date): Promise<readonly DuePayment[]>;
  /** Puts the next look off and, for a charge, notes that its outcome is unknown. No effect after another claim. */
  postpone(order: Order, attempt: number, dueAt: Date): Promise<void>;
}

/** The payment provider. None of it throws for what the provider does or fails to do. */
export interface Payment {
  charge(order: Pick<Order, 'id' | 'total'>): Promise<ChargeOutcome>;
  /** Looks a charge up by its key. `NONE`: the provider never heard of it. */
  findCharge(order: Pick<Order, 'id' | 'total'>): Promise<ChargeOutcome | { readonly kind: 'NONE' }>;
  /** @returns whether the provider confirmed it */
  refund(order: Pick<Order, 'id' | 'total'>): Promise<boolean>;
  /** Looks a refund up by its key. */
  findRefund(order: Pick<Order, 'id' | 'total'>): Promise<boolean>;
}

export interface Menus {
  /** The café's menu as last read by this process; it may be out of date, `OrderStore.place` will tell. */
  remembered(cafeId: string): Promise<CafeMenu | null>;
  /** The menu as it stands. */
  read(cafeId: string): Promise<CafeMenu | null>;
}

/** An SMS that waits to be sent, claimed for a while. */
export interface DueSms {
  readonly orderId: string;
  readonly version: number;
  /** The version of the order's oldest unsent SMS, which this one is or stands in for. */
  readonly oldest: number;
  readonly what: string;
  readonly recipient: string;
  readonly text: string;
  /** The tries since the oldest came first, this one included. */
  readonly attempts: number;
}

export interface SmsResult {
  readonly sms: DueSms;
  readonly status: 'PENDING' | 'SENT' | 'DROPPED';
  /** When it was sent, or when it is tried next. */
  readonly at: Date;
}

export interface SmsQueue {
  /**
   * Claims one SMS of each order that has one due: the oldest unsent one, or, when that has been tried in vain, the newest.
   */
  take(limit: number, now: Date, leaseUntil: Date): Promise<readonly DueSms[]>;
  /** Stores how it went; those that are older than one that was sent are stale now and dropped. */
  settle(results: readonly SmsResult[]): Promise<void>;
}

export interface SmsProvider {
  /** `REFUSED`: it will never be sent. `FAILED`: nobody knows, or not yet. */
  send(message: { key: string; to: string; text: string }): Promise<'SENT' | 'REFUSED' | 'FAILED'>;
}

/** What the queries need. */
export interface OrderReads {
  byIds(orderIds: readonly string[]): Promise<readonly Order[]>;
  /** A customer's orders, newest first, at most `limit` after the given place. */
  ofCustomer(
    customerId: string,
    page: {
      limit: number;
      after?: { placedAt: Date; id: string } | undefined;
      statuses?: readonly OrderStatus[] | undefined;
    },
  ): Promise<readonly Order[]>;
  historyOf(orderIds: readonly string[]): Promise<readonly StatusChange[]>;
  /** The latest version of each of these orders. */
  latestOf(orderIds: readonly string[]): Promise<readonly OwnedChange[]>;
  /** The latest version of each of these customers' orders that are not at their end, refunds under way included. */
  openOf(customerIds: readonly string[]): Promise<readonly OwnedChange[]>;
  /** The ids of a customer's orders, the newest `limit` of them. */
  idsOf(customerId: string, limit: number): Promise<readonly string[]>;
  notificationsOf(orderIds: readonly string[]): Promise<readonly (Notification & { readonly orderId: string })[]>;
  statusOf(orderId: string, customerId: string): Promise<StatusRow | null>;
}

/** Time, ids and where a request came from: what a pure function can't make up. */
export interface World {
  now(): Date;
  newId(): string;
  /** W3C trace context of the running request. */
  traceparent(): string | undefined;
  log(fields: object, message: string): void;
}
