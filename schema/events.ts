/** Every event once: its name, its stream, its payload. EVENTS.md says who does what with it. */

export type StreamName = 'ORDERS' | 'DELIVERIES' | 'ACCOUNTING';

/** A stream has one owner, who alone publishes to it. */
export const STREAMS = {
  ORDERS: { name: 'ORDERS', owner: 'customer', subjects: ['orders.>'] },
  DELIVERIES: { name: 'DELIVERIES', owner: 'delivery', subjects: ['deliveries.>'] },
  ACCOUNTING: { name: 'ACCOUNTING', owner: 'accounting', subjects: ['accounting.>'] },
} as const satisfies Record<StreamName, { name: StreamName; owner: string; subjects: readonly string[] }>;

export interface OrderLine {
  readonly product: string;
  readonly qty: number;
  /** Won, of one piece. */
  readonly unitPrice: number;
}

/** Where and how a café's business day is cut, as it was when the event happened, so that a replay gives the same day. */
export interface BusinessClock {
  /** IANA name, for example Asia/Seoul. */
  readonly timeZone: string;
  /** 0 to 23: the hour at which the business day begins on the café's clock. */
  readonly dayCutoffHour: number;
}

export type OrderStatus =
  | 'PENDING_PAYMENT'
  | 'PAYMENT_FAILED'
  | 'PLACED'
  | 'CANCEL_REQUESTED'
  | 'ACCEPTED'
  | 'READY'
  | 'PICKED_UP'
  | 'REJECTED'
  | 'EXPIRED'
  | 'CANCELED'
  | 'CANCELED_BY_CAFE'
  | 'NOT_COLLECTED';

export type DeliveryStatus =
  | 'ORDER_GET'
  | 'RECEIVED'
  | 'READY'
  | 'PICKED_UP'
  | 'REJECTED'
  | 'EXPIRED'
  | 'CANCELED'
  | 'CANCELED_BY_CAFE'
  | 'NOT_COLLECTED';

export type RejectReason = 'SOLD_OUT' | 'CLOSING_SOON' | 'TOO_BUSY' | 'OTHER';

/** What each delivery event carries: enough for a receiver that knows nothing else of the order. */
interface OfDelivery {
  readonly customerId: string;
  /** The delivery's status after the event. */
  readonly status: DeliveryStatus;
}

/** Payloads by event name. The aggregate's id is the envelope's `aggregateId`, the café the envelope's `cafeId`. */
export interface EventData {
  // ── ORDERS: the aggregate is an order, its id the order's. `status` is the order's after the event.
  OrderPlaced: {
    readonly customerId: string;
    readonly status: 'PENDING_PAYMENT';
    readonly lines: readonly OrderLine[];
    /** Won. */
    readonly total: number;
    readonly message: string;
  };
  PaymentCompleted: BusinessClock & {
    readonly customerId: string;
    readonly status: 'PLACED';
    readonly lines: readonly OrderLine[];
    /** Won. */
    readonly total: number;
    /** ISO instant: without the café's answer the order expires then. */
    readonly acceptBy: string;
    readonly message: string;
  };
  PaymentFailed: {
    readonly customerId: string;
    readonly status: 'PAYMENT_FAILED';
    readonly reason: string;
    readonly message: string;
  };
  OrderCancelRequested: { readonly customerId: string; readonly status: 'CANCEL_REQUESTED'; readonly message: string };
  /** The order followed the café's answer. */
  OrderStatusChanged: {
    readonly customerId: string;
    readonly status: OrderStatus;
    /** The delivery event that it followed. */
    readonly cause: DeliveryEventName;
    readonly message: string;
  };
  PaymentRefunded: {
    readonly customerId: string;
    readonly status: OrderStatus;
    /** Won. */
    readonly amount: number;
    readonly message: string;
  };

  // ── DELIVERIES, aggregate: the delivery of an order, its id the order's.
  DeliveryCreated: OfDelivery & {
    readonly status: 'ORDER_GET';
    readonly lines: readonly OrderLine[];
    readonly total: number;
    readonly acceptBy: string;
  };
  OrderReceived: OfDelivery &
    BusinessClock & {
      readonly status: 'RECEIVED';
      readonly queueNumber: number;
      readonly readyBy: string;
      readonly lines: readonly OrderLine[];
      /** Won. */
      readonly total: number;
      readonly by: string;
    };
  OrderRejected: OfDelivery & {
    readonly status: 'REJECTED';
    readonly reason: RejectReason;
    readonly note?: string;
    readonly by: string;
  };
  OrderExpired: OfDelivery & { readonly status: 'EXPIRED' };
  OrderCancelConfirmed: OfDelivery & { readonly status: 'CANCELED' };
  /** The customer's request came too late. The delivery's status stays what it was. */
  OrderCancelRejected: OfDelivery & { readonly reason: 'ALREADY_ACCEPTED' | 'ALREADY_ENDED' };
  OrderReady: OfDelivery & { readonly status: 'READY'; readonly pickupCode: string; readonly by: string };
  OrderPickedUp: OfDelivery & { readonly status: 'PICKED_UP'; readonly by: string };
  OrderNotCollected: OfDelivery & { readonly status: 'NOT_COLLECTED' };
  OrderCanceledByCafe: OfDelivery &
    BusinessClock & {
      readonly status: 'CANCELED_BY_CAFE';
      readonly reason: string;
      readonly lines: readonly OrderLine[];
      /** Won: what the sale was. */
      readonly total: number;
      readonly by: string;
    };

  // ── DELIVERIES, aggregate: a café, its id `cafe:<cafeId>`.
  CafeSaved: BusinessClock & { readonly name: string; readonly open: boolean };
  MenuItemSaved: {
    readonly product: string;
    /** Won. */
    readonly price: number;
    readonly available: boolean;
  };

  // ── ACCOUNTING, aggregate: the day sums of a café, its id `<cafeId>:<businessDate>`, its version the revision.
  AccountingChanged: {
    readonly businessDate: string;
    /** Won. */
    readonly salesSum: number;
    readonly salesQty: number;
    readonly orderCount: number;
    readonly cause: 'SALE' | 'CORRECTION';
    readonly orderId: string;
  };
}

export type EventName = keyof EventData;

/** The stream of each event, and the newest version of its payload that this code writes. */
export const EVENTS = {
  OrderPlaced: { stream: 'ORDERS', schemaVersion: 1 },
  PaymentCompleted: { stream: 'ORDERS', schemaVersion: 1 },
  PaymentFailed: { stream: 'ORDERS', schemaVersion: 1 },
  OrderCancelRequested: { stream: 'ORDERS', schemaVersion: 1 },
  OrderStatusChanged: { stream: 'ORDERS', schemaVersion: 1 },
  PaymentRefunded: { stream: 'ORDERS', schemaVersion: 1 },
  DeliveryCreated: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderReceived: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderRejected: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderExpired: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderCancelConfirmed: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderCancelRejected: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderReady: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderPickedUp: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderNotCollected: { stream: 'DELIVERIES', schemaVersion: 1 },
  OrderCanceledByCafe: { stream: 'DELIVERIES', schemaVersion: 1 },
  CafeSaved: { stream: 'DELIVERIES', schemaVersion: 1 },
  MenuItemSaved: { stream: 'DELIVERIES', schemaVersion: 1 },
  AccountingChanged: { stream: 'ACCOUNTING', schemaVersion: 1 },
} as const satisfies Record<EventName, { stream: StreamName; schemaVersion: number }>;

type NamesIn<Stream extends StreamName> = {
  [Name in EventName]: (typeof EVENTS)[Name]['stream'] extends Stream ? Name : never;
}[EventName];

export type OrderEventName = NamesIn<'ORDERS'>;
export type CafeEventName = 'CafeSaved' | 'MenuItemSaved';
export type DeliveryEventName = Exclude<NamesIn<'DELIVERIES'>, CafeEventName>;

/** What travels. One aggregate's versions are 1, 2, 3… without gaps, and each version is exactly one event. */
export interface Envelope<Name extends EventName = EventName> {
  /** UUID; also the message id by which the broker drops doubles. */
  readonly id: string;
  readonly type: Name;
  readonly schemaVersion: number;
  readonly aggregateId: string;
  readonly aggregateVersion: number;
  readonly cafeId: string;
  /** ISO instant. */
  readonly occurredAt: string;
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string;
  readonly data: EventData[Name];
}

/** An envelope of one of several names, told apart by `type`. */
export type AnyEnvelope<Name extends EventName = EventName> = { [Each in Name]: Envelope<Each> }[Name];

/** The subject that an event is published on: `<stream>.<cafeId>.<name>`, for example `orders.92.PaymentCompleted`. */
export function subjectOf(event: { readonly type: EventName; readonly cafeId: string }): string {
  return `${EVENTS[event.type].stream.toLowerCase()}.${event.cafeId}.${event.type}`;
}

/** Whether this code knows the event: its name, and a payload version that it can read. */
export function isKnown(event: { readonly type: string; readonly schemaVersion: number }): event is AnyEnvelope {
  return event.type in EVENTS && event.schemaVersion <= EVENTS[event.type as EventName].schemaVersion;
}
