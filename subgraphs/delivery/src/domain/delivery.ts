import type {
  AnyEnvelope,
  BusinessClock,
  DeliveryEventName,
  EventData,
  OrderLine,
  RejectReason,
} from '@cafe-for-me/schema/events';
import { unreachable } from './unreachable.ts';

/** A paid order as it reaches the café. */
export interface PaidOrder {
  readonly orderId: string;
  readonly cafeId: string;
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  /** Won. */
  readonly total: number;
  /** Without an answer by then it expires. */
  readonly acceptBy: Date;
}

interface Common extends PaidOrder {
  /** 1, 2, 3… */
  readonly version: number;
  readonly createdAt: Date;
  /** When the last event happened. */
  readonly updatedAt: Date;
  /** When the present status was entered. */
  readonly since: Date;
}

interface Accepted {
  readonly queueNumber: number;
  readonly readyBy: Date;
  readonly receivedAt: Date;
  readonly receivedBy: string;
}

interface Made {
  readonly pickupCode: string;
  readonly readyAt: Date;
}

/** The staff member who brought the delivery to its present status. */
interface EnteredByStaff {
  readonly by: string;
}

export type Delivery = Common &
  (
    | { readonly status: 'ORDER_GET' }
    | ({ readonly status: 'RECEIVED' } & EnteredByStaff & Accepted)
    | ({ readonly status: 'READY' } & EnteredByStaff & Accepted & Made)
    | ({ readonly status: 'PICKED_UP' } & EnteredByStaff & Accepted & Made)
    | ({ readonly status: 'NOT_COLLECTED' } & Accepted & Made)
    | ({ readonly status: 'REJECTED'; readonly reason: RejectReason; readonly note?: string } & EnteredByStaff)
    | { readonly status: 'EXPIRED' }
    | { readonly status: 'CANCELED' }
    | ({ readonly status: 'CANCELED_BY_CAFE'; readonly reason: string } & EnteredByStaff & Accepted & Partial<Made>)
  );

/** A delivery and its café's clock as it was when the order was paid. */
export interface DeliveryAtCafe {
  readonly delivery: Delivery;
  readonly clock: BusinessClock;
}

/** What happened to a delivery, as it is told to other services. */
export type DeliveryEvent = AnyEnvelope<DeliveryEventName>;

type Decided = {
  [Name in DeliveryEventName]: { readonly type: Name; readonly data: EventData[Name] };
}[DeliveryEventName];

/** OrderReceived before it has its queue number: only as it is saved can numbers be given without gaps and doubles. */
export interface Acceptance {
  readonly type: 'OrderReceived';
  readonly data: Omit<EventData['OrderReceived'], 'queueNumber'>;
}

/** What `decide` gives: the one event of the next version, before it has its id. */
export type DecidedEvent = Exclude<Decided, { type: 'OrderReceived' }> | Acceptance;

type DecidedAs<Type extends DecidedEvent['type']> = Extract<DecidedEvent, { type: Type }>;

/** A paid order reaches the café. */
export function decideArrival({ customerId, lines, total, acceptBy }: PaidOrder): DecidedAs<'DeliveryCreated'> {
  const data = { customerId, status: 'ORDER_GET', lines, total, acceptBy: acceptBy.toISOString() } as const;
  return { type: 'DeliveryCreated', data };
}

/** The first event instead, when its cancellation was asked for before it came: nobody ever sees it as new. */
export function decideCanceledArrival({ customerId }: PaidOrder): DecidedAs<'OrderCancelConfirmed'> {
  return { type: 'OrderCancelConfirmed', data: { customerId, status: 'CANCELED' } };
}

/** The paid order that an event of version 1 tells of; null for one that does not say everything. */
export function paidOrderIn(event: DeliveryEvent): PaidOrder | null {
  if (event.type !== 'DeliveryCreated') return null;
  const { customerId, lines, total, acceptBy } = event.data;
  const { aggregateId: orderId, cafeId } = event;
  return { orderId, cafeId, customerId, lines, total, acceptBy: new Date(acceptBy) };
}

/** The delivery after its first event. */
export function begin(order: PaidOrder, event: DeliveryEvent): Delivery {
  const at = new Date(event.occurredAt);
  const common = { ...order, version: event.aggregateVersion, createdAt: at, updatedAt: at, since: at };
  if (event.type === 'DeliveryCreated') return { ...common, status: 'ORDER_GET' };
  if (event.type === 'OrderCancelConfirmed') return { ...common, status: 'CANCELED' };
  throw new Error(`${event.type} can't be the first event of a delivery`);
}

/** The delivery after one more event. An event that does not fit the state is a fault, for `decide` gave it. */
export function evolve(before: Delivery, event: DeliveryEvent): Delivery {
  const at = new Date(event.occurredAt);
  const next = { version: event.aggregateVersion, updatedAt: at };
  const common = { ...commonOf(before), ...next, since: at };
  switch (event.type) {
    case 'DeliveryCreated':
      throw misfit(before, event);
    case 'OrderReceived': {
      const { queueNumber, readyBy, by } = event.data;
      const accepted = { queueNumber, readyBy: new Date(readyBy), receivedAt: at, receivedBy: by };
      return { ...common, ...accepted, status: 'RECEIVED', by };
    }
    case 'OrderRejected': {
      const { reason, note, by } = event.data;
      return { ...common, status: 'REJECTED', by, reason, ...(note === undefined ? {} : { note }) };
    }
    case 'OrderExpired':
      return { ...common, status: 'EXPIRED' };
    case 'OrderCancelConfirmed':
      return { ...common, status: 'CANCELED' };
    case 'OrderCancelRejected':
      return { ...before, ...next };
    case 'OrderReady': {
      if (before.status !== 'RECEIVED') throw misfit(before, event);
      const { pickupCode, by } = event.data;
      return { ...common, ...acceptedOf(before), status: 'READY', by, pickupCode, readyAt: at };
    }
    case 'OrderPickedUp':
      if (before.status !== 'READY') throw misfit(before, event);
      return { ...common, ...acceptedOf(before), ...madeOf(before), status: 'PICKED_UP', by: event.data.by };
    case 'OrderNotCollected':
      if (before.status !== 'READY') throw misfit(before, event);
      return { ...common, ...acceptedOf(before), ...madeOf(before), status: 'NOT_COLLECTED' };
    case 'OrderCanceledByCafe': {
      if (before.status !== 'RECEIVED' && before.status !== 'READY') throw misfit(before, event);
      const { reason, by } = event.data;
      const made = before.status === 'READY' ? madeOf(before) : {};
      return { ...common, ...acceptedOf(before), ...made, status: 'CANCELED_BY_CAFE', by, reason };
    }
    default:
      throw unreachable(event);
  }
}

function commonOf({ orderId, cafeId, customerId, lines, total, acceptBy, createdAt }: Delivery) {
  return { orderId, cafeId, customerId, lines, total, acceptBy, createdAt };
}

function acceptedOf({ queueNumber, readyBy, receivedAt, receivedBy }: Accepted): Accepted {
  return { queueNumber, readyBy, receivedAt, receivedBy };
}

function madeOf({ pickupCode, readyAt }: Made): Made {
  return { pickupCode, readyAt };
}

function misfit(before: Delivery, event: DeliveryEvent): Error {
  return new Error(`${event.type} does not fit delivery ${before.orderId}, which is ${before.status}`);
}

/** The state after each of a delivery's events, from the first on. */
export function replay(order: PaidOrder, events: readonly DeliveryEvent[]): Delivery[] {
  const states: Delivery[] = [];
  for (const event of events) {
    const before = states.at(-1);
    states.push(before ? evolve(before, event) : begin(order, event));
  }
  return states;
}
