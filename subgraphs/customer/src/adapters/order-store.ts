import { createBatcher } from '@cafe-for-me/lib/batcher';
import { subjectOf } from '@cafe-for-me/schema/events';
import type { Change, FollowStore, OrderStore, PlaceTerms } from '../application/ports.ts';
import { ORDER_COLUMNS, orderOf, statusColumnsOf, type OrderRow } from './order-rows.ts';
import { isOrderId, isUniqueViolation, type Sql } from './postgres.ts';

/**
 * Rows, history and events of new orders. Each order's menu is checked inside, so that no process orders from an old one; one
 * whose key is taken, or stands twice in the batch, leaves nothing.
 */
const PLACE = `/* place_orders */ WITH
item AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
    id uuid, "customerId" text, "cafeId" text, "menuVersion" int, key text, hash text, lines jsonb, total bigint, "timeZone" text,
    "dayCutoffHour" int, "smsTo" text, status text, at timestamptz, "paymentDueAt" timestamptz, message text, event jsonb)),
priced AS MATERIALIZED (SELECT item.* FROM item JOIN cafe ON cafe.id = item."cafeId" AND cafe.version = item."menuVersion"),
placed AS (
  INSERT INTO orders (id, customer_id, cafe_id, idempotency_key, input_hash, lines, total, time_zone, day_cutoff_hour, sms_to,
    status, version, payment_status, placed_at, updated_at, payment_due_at)
  SELECT id, "customerId", "cafeId", key, hash, lines, total, "timeZone", "dayCutoffHour", "smsTo",
    status, 1, 'CHARGING', at, at, "paymentDueAt"
  FROM priced
  ON CONFLICT (customer_id, idempotency_key) DO NOTHING
  RETURNING id),
fresh AS MATERIALIZED (SELECT priced.* FROM placed JOIN priced USING (id)),
told AS (INSERT INTO order_history (order_id, version, status, message, at) SELECT id, 1, status, message, at FROM fresh),
appended AS (SELECT outbox_append(jsonb_agg(event)) FROM fresh)
SELECT priced.id, fresh.id IS NOT NULL AS placed
FROM priced LEFT JOIN fresh USING (id), appended`;

/**
 * Versions after the first: of each item row, history, SMS and event, all of it or, when another version came first, nothing.
 * `place` tells two items of one order apart, of which one is saved.
 */
const SAVE = `/* save_orders */ WITH
item AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
    place int, id uuid, version int, status text, payment text, "failureReason" text, "retryAfterSeconds" int, "acceptBy" timestamptz,
    at timestamptz, "paymentDueAt" timestamptz, attempt int, message text, what text, text text, event jsonb)),
changed AS (
  UPDATE orders o SET status = i.status, version = i.version, payment_status = i.payment, failure_reason = i."failureReason",
    retry_after_seconds = i."retryAfterSeconds", accept_by = i."acceptBy", updated_at = i.at, payment_due_at = i."paymentDueAt",
    payment_attempts = 0
  FROM item i
  WHERE o.id = i.id AND o.version = i.version - 1 AND (i.attempt IS NULL OR o.payment_attempts = i.attempt)
  RETURNING i.*, o.sms_to),
told AS (INSERT INTO order_history (order_id, version, status, message, at) SELECT id, version, status, message, at FROM changed),
sms AS (
  INSERT INTO notification (order_id, version, what, recipient, text, due_at)
  SELECT id, version, what, sms_to, text, at FROM changed WHERE what IS NOT NULL),
appended AS (SELECT outbox_append(jsonb_agg(event)) FROM changed)`;
const RESULT = ` SELECT changed.place FROM changed, appended`;
const SAVE_CHANGES = `${SAVE}${RESULT}`;
const SAVE_WITH_KEY = `${SAVE.replace('save_orders', 'save_order_with_key')},
keyed AS (
  INSERT INTO command_key (customer_id, command, idempotency_key, order_id) SELECT $2, 'requestOrderCancel', $3, id FROM changed)${RESULT}`;

const BY_ID = `/* order_by_id */ SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1::uuid`;
const LOCK = `/* lock_order */ SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1::uuid FOR UPDATE`;
const BY_KEY = `/* order_by_key */ SELECT ${ORDER_COLUMNS}, o.input_hash AS "inputHash" FROM orders o
  WHERE o.customer_id = $1 AND o.idempotency_key = $2`;
const ORDER_OF_KEY = `/* order_of_key */ SELECT order_id AS "orderId" FROM command_key
  WHERE customer_id = $1 AND command = 'requestOrderCancel' AND idempotency_key = $2`;
const REMEMBER_KEY = `/* remember_key */ INSERT INTO command_key (customer_id, command, idempotency_key, order_id)
  VALUES ($1, 'requestOrderCancel', $2, $3::uuid) ON CONFLICT DO NOTHING`;

interface Placing {
  readonly change: Change;
  readonly terms: PlaceTerms;
}

/** What PLACE takes of an order. */
function placeItem({ change: { order, event }, terms }: Placing) {
  return {
    id: order.id,
    customerId: order.customerId,
    cafeId: order.cafeId,
    menuVersion: terms.menuVersion,
    key: terms.idempotencyKey,
    hash: terms.inputHash,
    lines: order.lines,
    total: order.total,
    timeZone: order.clock.timeZone,
    dayCutoffHour: order.clock.dayCutoffHour,
    smsTo: order.smsTo,
    status: order.status,
    at: order.placedAt,
    paymentDueAt: terms.paymentDueAt,
    message: event.data.message,
    event: { subject: subjectOf(event), envelope: event },
  };
}

interface Saving {
  readonly change: Change;
  readonly attempt?: number | undefined;
}

/** What SAVE takes of changes. */
function saveJson(savings: readonly Saving[]): string {
  return JSON.stringify(
    savings.map(({ change: { order, event, sms }, attempt }, place) => ({
      place,
      id: order.id,
      version: order.version,
      status: order.status,
      payment: order.payment,
      ...statusColumnsOf(order),
      at: order.updatedAt,
      attempt,
      message: event.data.message,
      what: sms?.what,
      text: sms?.text,
      event: { subject: subjectOf(event), envelope: event },
    })),
  );
}

/**
 * The orders, for commands. Orders that are placed, or saved, while such a statement is under way share the next one: a
 * statement and its commit cost more than a row more in them.
 *
 * @param onCommit called after a commit that left an event in the outbox
 */
export function createOrderStore(sql: Sql, onCommit: () => void): OrderStore {
  const place = createBatcher({
    async run(placings: readonly Placing[]) {
      const rows = await sql.$queryRawUnsafe<{ id: string; placed: boolean }[]>(
        PLACE,
        JSON.stringify(placings.map(placeItem)),
      );
      if (rows.some(({ placed }) => placed)) onCommit();
      const placedById = new Map(rows.map(({ id, placed }) => [id, placed]));
      return placings.map(function outcomeOf({ change: { order } }) {
        const placed = placedById.get(order.id);
        if (placed === undefined) return 'menu-changed';
        return placed ? 'placed' : 'key-used';
      });
    },
  });
  const save = createBatcher({
    async run(savings: readonly Saving[]) {
      const rows = await sql.$queryRawUnsafe<{ place: number }[]>(SAVE_CHANGES, saveJson(savings));
      if (rows.length > 0) onCommit();
      const saved = new Set(rows.map((row) => row.place));
      return savings.map((_, index) => saved.has(index));
    },
  });

  return {
    place: (change, terms) => place({ change, terms }),
    save: (change, attempt) => save({ change, attempt }),
    async saveWithKey(change, idempotencyKey) {
      try {
        const rows = await sql.$queryRawUnsafe<unknown[]>(
          SAVE_WITH_KEY,
          saveJson([{ change }]),
          change.order.customerId,
          idempotencyKey,
        );
        if (rows.length > 0) onCommit();
        return rows.length > 0;
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
      const rows = await tx.$queryRawUnsafe<unknown[]>(SAVE_CHANGES, saveJson([{ change }]));
      return rows.length > 0;
    },
  };
}
