import type { DuePayment, PaymentQueue } from '../application/ports.ts';
import { ORDER_COLUMNS, orderOf, type OrderRow } from './order-rows.ts';
import type { Sql } from './postgres.ts';

/** Claiming and counting are one statement: of several replicas one gets an order. */
const TAKE = `/* take_payments */ WITH due AS (
  SELECT id FROM orders WHERE payment_due_at <= $1::timestamptz ORDER BY payment_due_at LIMIT $2::int FOR UPDATE SKIP LOCKED)
UPDATE orders o SET payment_attempts = o.payment_attempts + 1, payment_due_at = $3::timestamptz
FROM due WHERE o.id = due.id
RETURNING ${ORDER_COLUMNS}, o.payment_attempts AS "attempt"`;

const POSTPONE = `/* postpone_payment */ UPDATE orders
SET payment_due_at = $3::timestamptz, payment_status = CASE payment_status WHEN 'CHARGING' THEN 'UNKNOWN' ELSE payment_status END
WHERE id = $1::uuid AND payment_attempts = $2::int AND version = $4::int AND payment_due_at IS NOT NULL`;

/** The orders whose payment has work to do: those with a `payment_due_at`. */
export function createPaymentQueue(sql: Sql): PaymentQueue {
  return {
    async take(limit, now, leaseUntil) {
      type Row = OrderRow & { attempt: number };
      const rows = await sql.$queryRawUnsafe<Row[]>(TAKE, now.toISOString(), limit, leaseUntil.toISOString());
      return rows.map(function claimed(row): DuePayment {
        const order = orderOf(row);
        if (order.status === 'PENDING_PAYMENT' || order.payment === 'REFUNDING') return { order, attempt: row.attempt };
        throw new Error(`order ${order.id} has nothing to pay: it is ${order.status}, ${order.payment}`);
      });
    },
    async postpone(order, attempt, dueAt) {
      await sql.$executeRawUnsafe(POSTPONE, order.id, attempt, dueAt.toISOString(), order.version);
    },
  };
}
