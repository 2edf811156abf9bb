import type { Database } from '@cafe-for-me/lib/consumer';
import type { Booking } from '../application/ports.ts';
import { emptyDay, type Day } from '../domain/day.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import { won, type Client, type Tx } from './postgres.ts';
import { batchOf, dayName, write, type Batch } from './postgres-batch.ts';

/** Of one batch of events; generous, because a batch that is cut off is done all over again. */
const transactionLimits = { maxWait: 10_000, timeout: 30_000 };

/**
 * The transactions in which events are applied. What they book is gathered, and written by one statement at the end.
 *
 * @param onBooked called after a commit that booked something
 */
export function eventDatabase(client: Client, onBooked: () => void): Database<Tx> {
  return {
    async transaction(work) {
      let batch: Batch | undefined;
      const result = await client.$transaction(async (tx) => {
        const done = await work(tx);
        batch = batchOf(tx);
        await write(tx, batch);
        return done;
      }, transactionLimits);
      for (const run of batch?.afterCommit ?? []) run();
      if (batch !== undefined && batch.saved.length > 0) onBooked();
      return result;
    },
  };
}

/** The books within a transaction of `eventDatabase`. */
export function bookingIn(tx: Tx): Booking {
  const batch = batchOf(tx);
  return {
    afterCommit(work) {
      batch.afterCommit.push(work);
    },

    async find({ eventId, orderId, cafeId, businessDate }) {
      if (!batch.locked) await lock(tx);
      batch.locked = true;
      const day = batch.days.get(dayName({ cafeId, businessDate })) ?? (await loadDay(tx, cafeId, businessDate));
      const saved = batch.saved.filter(({ entry }) => entry.orderId === orderId).map(({ entry }) => entry);
      const entries = [...saved, ...(await loadEntries(tx, orderId))];
      return {
        day,
        sale: entries.find((entry) => entry.kind === 'SALE'),
        alreadyBooked: entries.some((entry) => entry.eventId === eventId),
      };
    },

    async save(booked) {
      batch.saved.push(booked);
      batch.days.set(dayName(booked.day), booked.day);
    },

    async addOrdered({ cafeId, businessDate, amount, occurredAt }) {
      const name = dayName({ cafeId, businessDate });
      const before = batch.ordered.get(name);
      const asOf = before !== undefined && before.asOf > occurredAt ? before.asOf : occurredAt;
      batch.ordered.set(name, { cafeId, businessDate, amount: (before?.amount ?? 0) + amount, asOf });
    },

    async keepCafe({ id, name, timeZone, dayCutoffHour, version, updatedAt }) {
      await tx.$executeRaw`
        INSERT INTO cafe AS present (id, name, time_zone, day_cutoff_hour, version, updated_at)
        VALUES (${id}, ${name}, ${timeZone}, ${dayCutoffHour}::int, ${version}::int, ${updatedAt}::timestamptz)
        ON CONFLICT (id) DO UPDATE
        SET name = excluded.name, time_zone = excluded.time_zone, day_cutoff_hour = excluded.day_cutoff_hour,
          version = excluded.version, updated_at = excluded.updated_at
        WHERE present.version < excluded.version`;
    },
  };
}

/**
 * One booker at a time, from the first booking in a transaction to its end: a day that was read stays as it was read, and two
 * replicas' batches, which lock days in different orders, can't wait for each other.
 */
async function lock(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('accounting:booking', 0))`;
}

async function loadDay(tx: Tx, cafeId: string, businessDate: string): Promise<Day> {
  const row = await tx.accounting.findUnique({ where: { cafeId_businessDate: { cafeId, businessDate } } });
  if (row === null) return emptyDay(cafeId, businessDate);
  return { ...row, salesSum: won(row.salesSum), canceledSum: won(row.canceledSum) };
}

async function loadEntries(tx: Tx, orderId: string): Promise<LedgerEntry[]> {
  const rows = await tx.ledgerEntry.findMany({ where: { orderId } });
  // An order that is new here, as most are, costs no second look.
  if (rows.length === 0) return [];
  const lines = await tx.ledgerLine.findMany({ where: { eventId: { in: rows.map(({ eventId }) => eventId) } } });
  return rows.map(function entryOf(row) {
    const own = lines.filter(({ eventId }) => eventId === row.eventId);
    // The columns' checks are what makes each row one of the union.
    return Object.assign(row, {
      amount: won(row.amount),
      lines: own.map(({ product, qty, amount }) => ({ product, qty, amount: won(amount) })),
    }) as unknown as LedgerEntry;
  });
}
