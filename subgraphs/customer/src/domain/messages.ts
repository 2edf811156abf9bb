import type { AnyEnvelope, DeliveryEventName, OrderStatus, RejectReason } from '@cafe-for-me/schema/events';
import type { PublishedEvent } from './event.ts';
import { PAYMENT_UNAVAILABLE } from './order.ts';
import { unreachable } from './unreachable.ts';

/** A delivery event without its envelope: what an order follows. */
export type DeliveryEvent = Pick<AnyEnvelope<DeliveryEventName>, 'type' | 'data'> & AnyDeliveryEvent;
type AnyDeliveryEvent = {
  [Name in DeliveryEventName]: { readonly type: Name; readonly data: AnyEnvelope<Name>['data'] };
}[DeliveryEventName];

const REJECT_REASONS: Record<RejectReason, string> = {
  SOLD_OUT: 'sold out',
  CLOSING_SOON: 'closing soon',
  TOO_BUSY: 'too busy',
  OTHER: 'the café gave no reason',
};

export const placedMessage = 'received, being paid';
export const paidMessage = 'paid';
export const cancelRequestedMessage = 'cancellation requested';

/** @param reason the provider's, or `PAYMENT_UNAVAILABLE` */
export function notChargedMessage(reason: string): string {
  return reason === PAYMENT_UNAVAILABLE
    ? 'not charged: payment is unavailable, try again a little later'
    : `not charged: ${reason}`;
}

/** @param amount won */
export function refundedMessage(amount: number): string {
  return `${amount} won refunded`;
}

/**
 * What the customer is told of a step at the café.
 *
 * @param status the order's after it
 */
export function statusMessage(event: DeliveryEvent, status: OrderStatus): string {
  switch (event.type) {
    case 'DeliveryCreated':
      return 'at the café';
    case 'OrderReceived':
      return `accepted, no. ${event.data.queueNumber}`;
    case 'OrderRejected':
      return `rejected, refunded: ${event.data.note ?? REJECT_REASONS[event.data.reason]}`;
    case 'OrderExpired':
      return 'no answer, refunded';
    case 'OrderCancelConfirmed':
      return 'canceled, refunded';
    case 'OrderCancelRejected':
      return status === 'ACCEPTED' ? 'too late, being made' : 'too late, it is made';
    case 'OrderReady':
      return `ready, code ${event.data.pickupCode}`;
    case 'OrderPickedUp':
      return 'picked up';
    case 'OrderNotCollected':
      return 'not collected';
    case 'OrderCanceledByCafe':
      return `canceled, refunded: ${event.data.reason}`;
    default:
      throw unreachable(event);
  }
}

/** A status' message as it may be read by those who must not know the pickup code. */
export function messageWithoutCode({ status, message }: { status: OrderStatus; message: string }): string {
  return status === 'READY' ? 'ready' : message;
}

export interface Sms {
  /** Names the change; with the order's id it is the message's key. */
  readonly what: string;
  readonly text: string;
}

/** The SMS that goes with an event, null where none does. */
export function smsOf(event: PublishedEvent): Sms | null {
  switch (event.type) {
    case 'OrderPlaced':
    case 'OrderCancelRequested':
    case 'PaymentRefunded':
      return null;
    case 'PaymentCompleted':
    case 'PaymentFailed':
      return { what: event.data.status, text: event.data.message };
    case 'OrderStatusChanged':
      return smsOfStep(event.data.cause, event.data.status, event.data.message);
    default:
      throw unreachable(event);
  }
}

function smsOfStep(cause: DeliveryEventName, status: OrderStatus, text: string): Sms | null {
  switch (cause) {
    case 'DeliveryCreated':
    case 'OrderPickedUp':
    case 'OrderNotCollected':
      return null;
    case 'OrderCancelRejected':
      // The status was told already; this tells that it stays.
      return { what: 'CANCEL_REJECTED', text };
    case 'OrderReceived':
    case 'OrderRejected':
    case 'OrderExpired':
    case 'OrderCancelConfirmed':
    case 'OrderReady':
    case 'OrderCanceledByCafe':
      return { what: status, text };
    default:
      throw unreachable(cause);
  }
}
