import type { BusinessClock, EventData, OrderEventName } from '@cafe-for-me/schema/events';
import type { PaymentFailure } from './order.ts';

/** `data` is what gets published; what stands beside it stays in this service. */
interface Published<Name extends OrderEventName> {
  readonly type: Name;
  readonly data: EventData[Name];
}

export interface OrderPlaced extends Published<'OrderPlaced'> {
  readonly orderId: string;
  readonly cafeId: string;
  readonly smsTo: string;
  readonly clock: BusinessClock;
}

export interface PaymentFailed extends Published<'PaymentFailed'> {
  readonly failure: PaymentFailure;
}

/** A version of the order, and an event for the other services. */
export type PublishedEvent =
  | OrderPlaced
  | Published<'PaymentCompleted'>
  | PaymentFailed
  | Published<'OrderCancelRequested'>
  | Published<'OrderStatusChanged'>
  | Published<'PaymentRefunded'>;

/** The provider gave no answer. Nothing that others could act on: no version, no event. */
export interface PaymentUnknown {
  readonly type: 'PaymentUnknown';
}

export type OrderEvent = PublishedEvent | PaymentUnknown;
