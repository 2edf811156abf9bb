import type { BusinessClock, OrderLine, OrderStatus } from '@cafe-for-me/schema/events';
import { unreachable } from './unreachable.ts';

export type { OrderLine, OrderStatus };

/** What every order knows, whatever its status. */
export interface OrderFacts {
  readonly id: string;
  readonly customerId: string;
  readonly cafeId: string;
  readonly lines: readonly OrderLine[];
  /** Won. */
  readonly total: number;
  /** How the café's business day was cut when the order was placed. */
  readonly clock: BusinessClock;
  /** Where SMS go. */
  readonly smsTo: string;
  /** 1, 2, 3… without gaps; each version is one published event. */
  readonly version: number;
  readonly placedAt: Date;
  readonly updatedAt: Date;
}

/** Why nothing was charged: the provider said no, or could surely not be reached. */
export type PaymentFailure =
  | { readonly kind: 'DECLINED'; readonly reason: string }
  | { readonly kind: 'UNAVAILABLE'; readonly retryAfterSeconds: number };

/** `UNKNOWN`: the provider was asked and gave no answer. */
export interface UnpaidOrder extends OrderFacts {
  readonly status: 'PENDING_PAYMENT';
  readonly payment: 'CHARGING' | 'UNKNOWN';
}

export interface FailedOrder extends OrderFacts {
  readonly status: 'PAYMENT_FAILED';
  readonly payment: 'FAILED';
  readonly failure: PaymentFailure;
}

/** Paid; the café has not answered yet. */
export interface WaitingOrder extends OrderFacts {
  readonly status: 'PLACED' | 'CANCEL_REQUESTED';
  readonly payment: 'CHARGED';
  /** Without the café's answer the order expires then. */
  readonly acceptBy: Date;
}

export interface KeptOrder extends OrderFacts {
  readonly status: 'ACCEPTED' | 'READY' | 'PICKED_UP' | 'NOT_COLLECTED';
  readonly payment: 'CHARGED';
}

/** Ended without coffee: the money goes back. */
export interface RefundedOrder extends OrderFacts {
  readonly status: 'REJECTED' | 'EXPIRED' | 'CANCELED' | 'CANCELED_BY_CAFE';
  readonly payment: 'REFUNDING' | 'REFUNDED';
}

export type Order = UnpaidOrder | FailedOrder | WaitingOrder | KeptOrder | RefundedOrder;

/** The reason that PaymentFailed and the order carry when payment could not be reached. */
export const PAYMENT_UNAVAILABLE = 'PAYMENT_UNAVAILABLE';

/** The keys under which the provider knows the charge and the refund of an order: they never change, so neither happens twice. */
export const chargeKey = (orderId: string): string => `order:${orderId}:charge`;
export const refundKey = (orderId: string): string => `order:${orderId}:refund`;

/** Whether the café's answers have no effect on it any more. */
export function hasEnded(order: Order): boolean {
  switch (order.status) {
    case 'PENDING_PAYMENT':
    case 'PLACED':
    case 'CANCEL_REQUESTED':
    case 'ACCEPTED':
    case 'READY':
      return false;
    case 'PAYMENT_FAILED':
    case 'PICKED_UP':
    case 'NOT_COLLECTED':
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE':
      return true;
    default:
      throw unreachable(order);
  }
}
