import type { OrderLine, OrderStatus } from '@cafe-for-me/schema/events';
import type { Order, OrderFacts, PaymentFailure } from '../domain/order.ts';
import { failureReasonOf } from '../domain/view.ts';

/** A row of `orders` as ORDER_COLUMNS selects it. */
export interface OrderRow {
  readonly id: string;
  readonly customerId: string;
  readonly cafeId: string;
  readonly lines: unknown;
  readonly total: bigint;
  readonly timeZone: string;
  readonly dayCutoffHour: number;
  readonly smsTo: string;
  readonly status: string;
  readonly version: number;
  readonly paymentStatus: string;
  readonly failureReason: string | null;
  readonly retryAfterSeconds: number | null;
  readonly acceptBy: Date | null;
  readonly placedAt: Date;
  readonly updatedAt: Date;
}

export const ORDER_COLUMNS = `o.id, o.customer_id AS "customerId", o.cafe_id AS "cafeId", o.lines, o.total, o.time_zone AS "timeZone",
  o.day_cutoff_hour AS "dayCutoffHour", o.sms_to AS "smsTo", o.status, o.version, o.payment_status AS "paymentStatus",
  o.failure_reason AS "failureReason", o.retry_after_seconds AS "retryAfterSeconds", o.accept_by AS "acceptBy",
  o.placed_at AS "placedAt", o.updated_at AS "updatedAt"`;

/** The columns that a change of status sets, beside version and time. */
export interface StatusColumns {
  readonly failureReason: string | null;
  readonly retryAfterSeconds: number | null;
  readonly acceptBy: string | null;
  /** Refunds begin at once; a charge that is settled needs no look. */
  readonly paymentDueAt: string | null;
}

export function statusColumnsOf(order: Order): StatusColumns {
  const failure = order.status === 'PAYMENT_FAILED' ? order.failure : undefined;
  return {
    failureReason: failure === undefined ? null : failureReasonOf(failure),
    retryAfterSeconds: failure?.kind === 'UNAVAILABLE' ? failure.retryAfterSeconds : null,
    acceptBy: 'acceptBy' in order ? order.acceptBy.toISOString() : null,
    paymentDueAt: order.payment === 'REFUNDING' ? order.updatedAt.toISOString() : null,
  };
}

/**
 * The order that a row holds.
 *
 * @throws Error when the row holds what no order can be
 */
export function orderOf(row: OrderRow): Order {
  const facts: OrderFacts = {
    id: row.id,
    customerId: row.customerId,
    cafeId: row.cafeId,
    lines: row.lines as readonly OrderLine[],
    total: Number(row.total),
    clock: { timeZone: row.timeZone, dayCutoffHour: row.dayCutoffHour },
    smsTo: row.smsTo,
    version: row.version,
    placedAt: row.placedAt,
    updatedAt: row.updatedAt,
  };
  const status = row.status as OrderStatus;
  const payment = row.paymentStatus as Order['payment'];
  switch (status) {
    case 'PENDING_PAYMENT':
      if (payment === 'CHARGING' || payment === 'UNKNOWN') return { ...facts, status, payment };
      break;
    case 'PAYMENT_FAILED':
      if (payment === 'FAILED') return { ...facts, status, payment, failure: failureOf(row) };
      break;
    case 'PLACED':
    case 'CANCEL_REQUESTED':
      if (payment === 'CHARGED' && row.acceptBy !== null) return { ...facts, status, payment, acceptBy: row.acceptBy };
      break;
    case 'ACCEPTED':
    case 'READY':
    case 'PICKED_UP':
    case 'NOT_COLLECTED':
      if (payment === 'CHARGED') return { ...facts, status, payment };
      break;
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE':
      if (payment === 'REFUNDING' || payment === 'REFUNDED') return { ...facts, status, payment };
      break;
  }
  throw new Error(`order ${row.id} is stored as ${row.status}, ${row.paymentStatus}, which no order can be`);
}

function failureOf({ failureReason, retryAfterSeconds }: OrderRow): PaymentFailure {
  if (retryAfterSeconds !== null) return { kind: 'UNAVAILABLE', retryAfterSeconds };
  return { kind: 'DECLINED', reason: failureReason ?? '' };
}
