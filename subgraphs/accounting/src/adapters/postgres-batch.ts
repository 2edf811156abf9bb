import { subjectOf } from '@cafe-for-me/schema/events';
import { outboxJson } from '@cafe-for-me/lib/outbox';
import type { Booking, DayKey } from '../application/ports.ts';
import type { Day } from '../domain/day.ts';
import type { Tx } from './postgres.ts';

type Booked = Parameters<Booking['save']>[0];

/** What one transaction is going to write. */
export interface Batch {
  locked: boolean;
  readonly saved: Booked[];
  /** Days as they stand after what was saved, by name. */
  readonly days: Map<string, Day>;
  readonly ordered: Map<string, DayKey & { readonly amount: number; readonly asOf: Date }>;
  readonly afterCommit: (() => void)[];
}

const batches = new WeakMap<Tx, Batch>();

/** The transaction's batch; the same one each time. */
export function batchOf(tx: Tx): Batch {
  let batch = batches.get(tx);
  if (batch === undefined) {
    batch = { locked: false, saved: [], days: new Map(), ordered: new Map(), afterCommit: [] };
    batches.set(tx, batch);
  }
  return batch;
}

export function dayName({ cafeId, businessDate }: DayKey): string {
  return `${cafeId}:${businessDate}`;
}

/** Writes all of a batch: one statement for what was booked, one for what was ordered, however many events there were. */
export async function write(tx: Tx, batch: Batch): Promise<void> {
  if (batch.saved.length > 0) await writeBooked(tx, batch);
  if (batch.ordered.size > 0) await writeOrdered(tx, batch);
}

/**
 * Two bookers at one revision of a day, which the lock prevents, would meet at the keys of the transfer and the outbox and both
 * be undone.
 */
async function writeBooked(tx: Tx, { saved, days }: Batch): Promise<void> {
  const last = new Map(saved.map((booked) => [dayName(booked.day), booked]));
  const lines = saved.flatMap(({ entry }) => entry.lines.map((line) => ({ eventId: entry.eventId, ...line })));
  const entries = saved.map(({ entry }) => ({ ...entry, lines: undefined }));
  const changed = [...last.values()].map(({ day, now }) =>
    Object.assign({}, days.get(dayName(day)), { updatedAt: now }),
  );
  const transfers = saved.map(function transferOf(booked) {
    const { cafeId, businessDate, revision, salesSum, salesQty, orderCount } = booked.day;
    // Those in between are superseded before they could ever be sent.
    const status = last.get(dayName(booked.day)) === booked ? 'PENDING' : 'SUPERSEDED';
    return { cafeId, businessDate, revision, salesSum, salesQty, orderCount, status, updatedAt: booked.now };
  });
  const events = saved.map(({ event }) => event);
  await tx.$queryRaw`
    WITH entry AS (
      INSERT INTO ledger_entry (event_id, kind, order_id, customer_id, cafe_id, business_date, amount, qty, order_count, occurred_at,
        reason)
      SELECT "eventId", kind, "orderId", "customerId", "cafeId", "businessDate", amount, qty, "orderCount", "occurredAt", reason
      FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) AS e("eventId" UUID, kind TEXT, "orderId" TEXT, "customerId" TEXT,
        "cafeId" TEXT, "businessDate" TEXT, amount BIGINT, qty INT, "orderCount" INT, "occurredAt" TIMESTAMPTZ, reason TEXT)
    ), line AS (
      INSERT INTO ledger_line (event_id, product, qty, amount)
      SELECT "eventId", product, qty, amount
      FROM jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) AS l("eventId" UUID, product TEXT, qty INT, amount BIGINT)
    ), day AS (
      INSERT INTO accounting (cafe_id, business_date, sales_sum, canceled_sum, sales_qty, order_count, revision, as_of, updated_at)
      SELECT "cafeId", "businessDate", "salesSum", "canceledSum", "salesQty", "orderCount", revision, "asOf", "updatedAt"
      FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS d("cafeId" TEXT, "businessDate" TEXT, "salesSum" BIGINT,
        "canceledSum" BIGINT, "salesQty" INT, "orderCount" INT, revision INT, "asOf" TIMESTAMPTZ, "updatedAt" TIMESTAMPTZ)
      ON CONFLICT (cafe_id, business_date) DO UPDATE
      SET sales_sum = excluded.sales_sum, canceled_sum = excluded.canceled_sum, sales_qty = excluded.sales_qty,
        order_count = excluded.order_count, revision = excluded.revision, as_of = excluded.as_of, updated_at = excluded.updated_at
      RETURNING cafe_id, business_date, updated_at
    ), superseded AS (
      UPDATE headquarters_transfer AS t SET status = 'SUPERSEDED', updated_at = day.updated_at FROM day
      WHERE t.cafe_id = day.cafe_id AND t.business_date = day.business_date AND t.status = 'PENDING'
        AND (t.lease_until IS NULL OR t.lease_until <= clock_timestamp())
    ), transfer AS (
      INSERT INTO headquarters_transfer
        (cafe_id, business_date, revision, sales_sum, sales_qty, order_count, status, next_attempt_at, updated_at)
      SELECT "cafeId", "businessDate", revision, "salesSum", "salesQty", "orderCount", status, clock_timestamp(), "updatedAt"
      FROM jsonb_to_recordset(${JSON.stringify(transfers)}::jsonb) AS t("cafeId" TEXT, "businessDate" TEXT, revision INT,
        "salesSum" BIGINT, "salesQty" INT, "orderCount" INT, status TEXT, "updatedAt" TIMESTAMPTZ)
    )
    SELECT outbox_append(${outboxJson(events, subjectOf)}::jsonb)`;
}

async function writeOrdered(tx: Tx, { ordered }: Batch): Promise<void> {
  // Rows are locked in one order, so that two replicas' batches can't wait for each other.
  await tx.$executeRaw`
    INSERT INTO ordered_day AS present (cafe_id, business_date, ordered_sum, as_of)
    SELECT "cafeId", "businessDate", amount, "asOf"
    FROM jsonb_to_recordset(${JSON.stringify([...ordered.values()])}::jsonb)
      AS o("cafeId" TEXT, "businessDate" TEXT, amount BIGINT, "asOf" TIMESTAMPTZ)
    ORDER BY 1, 2
    ON CONFLICT (cafe_id, business_date) DO UPDATE
    SET ordered_sum = present.ordered_sum + excluded.ordered_sum, as_of = greatest(present.as_of, excluded.as_of)`;
}
