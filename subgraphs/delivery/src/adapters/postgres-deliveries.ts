import type { SqlClient } from '@cafe-for-me/lib/consumer';
import { outboxJson } from '@cafe-for-me/lib/outbox';
import { subjectOf } from '@cafe-for-me/schema/events';
import type { CommandKey, Deliveries, DueDeliveries, RememberedCommand } from '../application/ports.ts';
import { changingColumns, COLUMNS, deliveryAtCafe, type DeliveryRow } from './delivery-row.ts';
import { isTaken } from './postgres.ts';

/** A command's key as parameters; without a key they are all null and nothing is remembered. */
const keyColumns = (key: CommandKey | undefined) => [
  key?.caller ?? null,
  key?.key ?? null,
  key?.command ?? null,
  key?.inputHash ?? null,
];

const LOAD = `/* delivery-load */
  SELECT ${COLUMNS}, command_key.command AS "keyCommand", command_key.input_hash AS "keyInputHash"
  FROM (VALUES (1)) AS one
  LEFT JOIN delivery ON delivery.order_id = $1
  LEFT JOIN command_key ON command_key.caller = $2 AND command_key.key = $3`;

const SAVE = `/* delivery-save */
  WITH changed AS (
    UPDATE delivery SET version = $3, status = $4, updated_at = $5::timestamptz, since = $6::timestamptz, entered_by = $7,
      ready_at = $8::timestamptz, pickup_code = $9, reason = $10, note = $11
    WHERE order_id = $1 AND version = $2
    RETURNING order_id
  ), remembered AS (
    INSERT INTO command_key (caller, key, command, input_hash, subject, created_at)
    SELECT $12, $13, $14, $15, order_id, $5::timestamptz FROM changed WHERE $12::text IS NOT NULL
  )
  SELECT outbox_append($16::jsonb) FROM changed`;

/**
 * The row is locked before the café's counter is, and the counter moves only for a row that is locked as expected: so a
 * number is given to the winner alone, and one that was given is never lost but by a rollback, which takes it back.
 */
const ACCEPT = `/* delivery-accept */
  WITH target AS (
    SELECT cafe_id FROM delivery WHERE order_id = $1 AND version = $2 FOR UPDATE
  ), numbered AS (
    INSERT INTO queue_counter (cafe_id, business_date, last) SELECT cafe_id, $4, 1 FROM target
    ON CONFLICT (cafe_id, business_date) DO UPDATE SET last = queue_counter.last + 1
    RETURNING last
  ), changed AS (
    UPDATE delivery SET version = $3, status = 'RECEIVED', updated_at = $5::timestamptz, since = $5::timestamptz,
      received_at = $5::timestamptz, entered_by = $6, received_by = $6, ready_by = $7::timestamptz,
      queue_number = numbered.last
    FROM numbered WHERE order_id = $1 AND version = $2
    RETURNING order_id, queue_number
  ), remembered AS (
    INSERT INTO command_key (caller, key, command, input_hash, subject, created_at)
    SELECT $8, $9, $10, $11, order_id, $5::timestamptz FROM changed WHERE $8::text IS NOT NULL
  )
  SELECT queue_number AS "queueNumber",
    outbox_append(jsonb_set($12::jsonb, '{0,envelope,data,queueNumber}', to_jsonb(queue_number)))
  FROM changed`;

/** A whole batch of orders in one statement: this is what the service does most. */
const RECEIVE = `/* delivery-receive */
  WITH arrived AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS one ("orderId" text, "cafeId" text, "customerId" text, lines jsonb,
      total bigint, "acceptBy" timestamptz, "timeZone" text, "dayCutoffHour" int, at timestamptz, place int,
      created jsonb, canceled jsonb)
  ), kept AS (
    DELETE FROM kept_cancel USING arrived WHERE order_id = arrived."orderId" RETURNING order_id
  ), added AS (
    INSERT INTO delivery (order_id, cafe_id, customer_id, status, version, lines, total, accept_by, time_zone,
      day_cutoff_hour, created_at, updated_at, since)
    SELECT "orderId", "cafeId", "customerId",
      CASE WHEN EXISTS (SELECT FROM kept WHERE order_id = "orderId") THEN 'CANCELED' ELSE 'ORDER_GET' END,
      1, lines, total, "acceptBy", "timeZone", "dayCutoffHour", at, at, at
    FROM arrived ORDER BY place
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, status
  ), appended AS (
    SELECT outbox_append(jsonb_agg(CASE status WHEN 'CANCELED' THEN canceled ELSE created END ORDER BY place))
    FROM added JOIN arrived ON arrived."orderId" = added.order_id
  )
  SELECT order_id AS "orderId", status FROM added, appended`;

/** The rows of deliveries over a connection, or over the transaction of one. */
export function deliveriesOn(sql: SqlClient): Deliveries {
  return {
    async load(orderId, key) {
      type Row = DeliveryRow & { keyCommand: string | null; keyInputHash: string | null };
      const [row] = await sql.$queryRawUnsafe<Row[]>(LOAD, orderId, key?.caller ?? null, key?.key ?? null);
      if (!row) throw new Error('A statement that always gives one row gave none');
      const { keyCommand, keyInputHash } = row;
      const remembered: RememberedCommand | null =
        keyCommand === null || keyInputHash === null ? null : { command: keyCommand, inputHash: keyInputHash };
      // All columns are null when there is no such delivery.
      return { found: (row.orderId as string | null) === null ? null : deliveryAtCafe(row), remembered };
    },

    async save({ before, after, event, key }) {
      const rows = await orTaken(
        sql.$queryRawUnsafe<unknown[]>(
          SAVE,
          before.orderId,
          before.version,
          ...changingColumns(after),
          ...keyColumns(key),
          outboxJson([event], subjectOf),
        ),
      );
      return rows.length > 0;
    },

    async accept({ before, event, businessDate, key }) {
      const rows = await orTaken(
        sql.$queryRawUnsafe<{ queueNumber: number }[]>(
          ACCEPT,
          before.orderId,
          before.version,
          event.aggregateVersion,
          businessDate,
          event.occurredAt,
          event.data.by,
          event.data.readyBy,
          ...keyColumns(key),
          outboxJson([event], subjectOf),
        ),
      );
      return rows[0]?.queueNumber ?? null;
    },

    async receive(arrivals) {
      const batch = arrivals.map(({ order, clock, created, canceled }, place) => ({
        ...order,
        ...clock,
        at: created.occurredAt,
        place,
        created: { subject: subjectOf(created), envelope: created },
        canceled: { subject: subjectOf(canceled), envelope: canceled },
      }));
      const rows = await sql.$queryRawUnsafe<{ orderId: string; status: 'ORDER_GET' | 'CANCELED' }[]>(
        RECEIVE,
        JSON.stringify(batch),
      );
      return new Map(rows.map(({ orderId, status }) => [orderId, status]));
    },

    async keepCancel(orderId, at) {
      await sql.$executeRawUnsafe(
        'INSERT INTO kept_cancel (order_id, requested_at) VALUES ($1, $2::timestamptz) ON CONFLICT DO NOTHING',
        orderId,
        at.toISOString(),
      );
    },
  };
}

/** A key or a pickup code that somebody else took at the same moment: as lost as a version that moved on. */
async function orTaken<Row>(statement: Promise<Row[]>): Promise<Row[]> {
  try {
    return await statement;
  } catch (error) {
    if (isTaken(error)) return [];
    throw error;
  }
}

const UNANSWERED = `/* delivery-unanswered */ SELECT ${COLUMNS} FROM delivery
  WHERE status = 'ORDER_GET' AND accept_by <= $1::timestamptz ORDER BY accept_by LIMIT $2`;

const UNCOLLECTED = `/* delivery-uncollected */ SELECT ${COLUMNS} FROM delivery
  WHERE status = 'READY' AND ready_at <= $1::timestamptz ORDER BY ready_at LIMIT $2`;

export function dueDeliveriesOn(sql: SqlClient): DueDeliveries {
  async function due(statement: string, until: Date, limit: number) {
    return (await sql.$queryRawUnsafe<DeliveryRow[]>(statement, until.toISOString(), limit)).map(deliveryAtCafe);
  }
  return {
    unanswered: (now, limit) => due(UNANSWERED, now, limit),
    uncollected: (readyBefore, limit) => due(UNCOLLECTED, readyBefore, limit),
  };
}
