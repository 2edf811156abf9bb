import { PAYMENT_UNAVAILABLE, type Order, type OrderStatus } from './order.ts';
import { unreachable } from './unreachable.ts';

/** True from the café's acceptance on. */
export function cannotBeCanceled(status: OrderStatus): boolean {
  return (
    status === 'ACCEPTED' ||
    status === 'READY' ||
    status === 'PICKED_UP' ||
    status === 'NOT_COLLECTED' ||
    status === 'CANCELED_BY_CAFE'
  );
}

export interface CancellationView {
  readonly allowed: boolean;
  readonly until: Date | null;
  readonly reason: string | null;
}

/** Whether the customer may ask to cancel, and until when the café's answer is due. */
export function cancellationOf(order: Order): CancellationView {
  switch (order.status) {
    case 'PLACED':
      return { allowed: true, until: order.acceptBy, reason: null };
    case 'CANCEL_REQUESTED':
      return {
        allowed: false,
        until: order.acceptBy,
        reason: 'Cancellation is requested already; the café has not answered yet.',
      };
    case 'PENDING_PAYMENT':
      return { allowed: false, until: null, reason: 'The order is not paid yet.' };
    case 'ACCEPTED':
    case 'READY':
      return { allowed: false, until: null, reason: 'The café has accepted the order.' };
    case 'PAYMENT_FAILED':
    case 'PICKED_UP':
    case 'NOT_COLLECTED':
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE':
      return { allowed: false, until: null, reason: `The order has ended: ${order.status}.` };
    default:
      throw unreachable(order);
  }
}

export interface PaymentView {
  readonly status: Order['payment'];
  /** Won, both. */
  readonly amount: number;
  readonly refunded: number;
  readonly failureReason: string | null;
}

export function paymentOf(order: Order): PaymentView {
  return {
    status: order.payment,
    amount: order.total,
    refunded: order.payment === 'REFUNDED' ? order.total : 0,
    failureReason: order.status === 'PAYMENT_FAILED' ? failureReasonOf(order.failure) : null,
  };
}

/** The reason that is published and stored. */
export function failureReasonOf(failure: Extract<Order, { status: 'PAYMENT_FAILED' }>['failure']): string {
  return failure.kind === 'DECLINED' ? failure.reason : PAYMENT_UNAVAILABLE;
}
