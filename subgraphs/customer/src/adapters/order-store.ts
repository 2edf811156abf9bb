import { outboxJson } from '@cafe-for-me/lib/outbox';
import { subjectOf } from '@cafe-for-me/schema/events';
import type { Change, FollowStore, OrderStore } from '../application/ports.ts';
import { ORDER_COLUMNS, orderOf, statusColumnsOf, type OrderRow } from './order-rows.ts';
import { isOrderId, isUniqueViolation, type Sql } from './postgres.ts';

/** Row, history and event of a new order. The menu is checked inside, so that no process orders from an old one. */
const PLACE = `/* place_order */ WITH
menu AS (SELECT 1 FROM cafe WHERE id = $3 AND version = $4),
placed AS (
  INSERT INTO orders (id, customer_id, cafe_id, idempotency_key, input_hash, lines, total, time_zone, day_cutoff_hour, sms_to,
    status, version, payment_status, placed_at, updated_at, payment_due_at)
  SELECT $1::uuid, $2, $3, $5, $6, $7::jsonb, $8::bigint, $9, $10, $11, $12, 1, 'CHARGING', $13::timestamptz, $13::timestamptz, $14::timestamptz
  FROM menu
  ON CONFLICT (customer_id, idempotency_key) DO NOTHING
  RETURNING id),
told AS (INSERT INTO order_history (order_id, version, status, message, at) SELECT id, 1, $12, $15, $13::timestamptz FROM placed)
SELECT EXISTS (SELECT FROM menu) AS menu, (SELECT outbox_append($16::jsonb) FROM placed) IS NOT NULL AS placed`;

/** A version after the first: row, history, SMS and event, all of it or, when another version came first, nothing. */
const SAVE = `/* save_order */ WITH
changed AS (
  UPDATE orders SET status = $3, version = $2, payment_status = $4, failure_reason = $5, retry_after_seconds = $6::int,
    accept_by = $7::timestamptz, updated_at = $8::timestamptz, payment_due_at = $9::timestamptz, payment_attempts = 0
  WHERE id = $1::uuid AND version = $2::int - 1 AND ($10::int IS NULL OR payment_attempts = $10::int)
  RETURNING id, sms_to),
told AS (INSERT INTO order_history (order_id, version, status, message, at) SELECT id, $2, $3, $11, $8::timestamptz FROM changed),
sms AS (
  INSERT INTO notification (order_id, version, what, recipient, text, due_at)
  SELECT id, $2, $12, sms_to, $13, $8::timestamptz FROM changed WHERE $12::text IS NOT NULL)`;
const APPEND = ` SELECT outbox_append($14::jsonb) FROM changed`;
const SAVE_CHANGE = `${SAVE}${APPEND}`;
const SAVE_WITH_KEY = `${SAVE.replace('save_order', 'save_order_with_key')},
keyed AS (
  INSERT INTO command_key (customer_id, command, idempotency_key, order_id) SELECT $15, 'requestOrderCancel', $16, id FROM changed)${APPEND}`;

const BY_ID = `/* order_by_id */ SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1::uuid`;
const LOCK = `/* lock_order */ SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1::uuid FOR UPDATE`;
const BY_KEY = `/* order_by_key */ SELECT ${ORDER_COLUMNS}, o.input_hash AS "inputHash" FROM orders o
  WHERE o.customer_id = $1 AND o.idempotency_key = $2`;
const ORDER_OF_KEY = `/* order_of_key */ SELECT order_id AS "orderId" FROM command_key
  WHERE customer_id = $1 AND command = 'requestOrderCancel' AND idempotency_key = $2`;
const REMEMBER_KEY = `/* remember_key */ INSERT INTO command_key (customer_id, command, idempotency_key, order_id)
  VALUES ($1, 'requestOrderCancel', $2, $3::uuid) ON CONFLICT DO NOTHING`;

function saveValues({ order, event, sms }: Change, attempt?: number): unknown[] {
  const { failureReason, retryAfterSeconds, acceptBy, paymentDueAt } = statusColumnsOf(order);
  return [
    order.id,
    order.version,
    order.status,
    order.payment,
    failureReason,
    retryAfterSeconds,
    acceptBy,
    order.updatedAt.toISOString(),
    paymentDueAt,
    attempt ?? null,
    event.data.message,
    sms?.what ?? null,
    sms?.text ?? null,
    outboxJson([event], subjectOf),
  ];
}

/**
 * The orders, for commands.
 *
 * @param onCommit called after a commit that left an event in the outbox
 */
export function createOrderStore(sql: Sql, onCommit: () => void): OrderStore {
  async function saved(statement: string, values: unknown[]): Promise<boolean> {
    const rows = await sql.$queryRawUnsafe<unknown[]>(statement, ...values);
    if (rows.length > 0) onCommit();
    return rows.length > 0;
  }

  return {
    async place({ order, event }, { idempotencyKey, inputHash, menuVersion, paymentDueAt }) {
      const [result] = await sql.$queryRawUnsafe<{ menu: boolean; placed: boolean }[]>(
        PLACE,
        order.id,
        order.customerId,
        order.cafeId,
        menuVersion,
        idempotencyKey,
        inputHash,
        JSON.stringify(order.lines),
        order.total,
        order.clock.timeZone,
        order.clock.dayCutoffHour,
        order.smsTo,
        order.status,
        order.placedAt.toISOString(),
        paymentDueAt.toISOString(),
        event.data.message,
        outboxJson([event], subjectOf),
      );
      if (result?.placed !== true) return result?.menu === true ? 'key-used' : 'menu-changed';
      onCommit();
      return 'placed';
    },
    save: (change, attempt) => saved(SAVE_CHANGE, saveValues(change, attempt)),
    async saveWithKey(change, idempotencyKey) {
      try {
        return await saved(SAVE_WITH_KEY, [...saveValues(change), change.order.customerId, idempotencyKey]);
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async rememberKey(order, idempotencyKey) {
      await sql.$executeRawUnsafe(REMEMBER_KEY, order.customerId, idempotencyKey, order.id);
    },
    async orderOfKey(customerId, idempotencyKey) {
      const [row] = await sql.$queryRawUnsafe<{ orderId: string }[]>(ORDER_OF_KEY, customerId, idempotencyKey);
      return row?.orderId ?? null;
    },
    async byId(orderId) {
      if (!isOrderId(orderId)) return null;
      const [row] = await sql.$queryRawUnsafe<OrderRow[]>(BY_ID, orderId);
      return row === undefined ? null : orderOf(row);
    },
    async byKey(customerId, idempotencyKey) {
      type Row = OrderRow & { inputHash: string };
      const [row] = await sql.$queryRawUnsafe<Row[]>(BY_KEY, customerId, idempotencyKey);
      return row === undefined ? null : { order: orderOf(row), inputHash: row.inputHash };
    },
  };
}

/** The orders, within the transaction of a consumed event. */
export function createFollowStore(tx: Sql): FollowStore {
  return {
    async lock(orderId) {
      if (!isOrderId(orderId)) return null;
      const [row] = await tx.$queryRawUnsafe<OrderRow[]>(LOCK, orderId);
      return row === undefined ? null : orderOf(row);
    },
    async save(change) {
      const rows = await tx.$queryRawUnsafe<unknown[]>(SAVE_CHANGE, ...saveValues(change));
      return rows.length > 0;
    },
  };
}
