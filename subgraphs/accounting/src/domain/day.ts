import type { BusinessDate } from './business-day.ts';
import type { LedgerEntry } from './ledger.ts';

/** The sums of a café's business day: the seed's Accounting. Money is whole won. */
export interface Day {
  readonly cafeId: string;
  readonly businessDate: BusinessDate;
  /** Sales less corrections. */
  readonly salesSum: number;
  /** The corrections alone, as a positive sum. */
  readonly canceledSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
  /** Counts the changes; 0 before the first. */
  readonly revision: number;
  /** When the last event happened that it rests on; undefined before the first. */
  readonly asOf: Date | undefined;
}

/** A day on which nothing was booked yet. */
export function emptyDay(cafeId: string, businessDate: BusinessDate): Day {
  const sums = { salesSum: 0, canceledSum: 0, salesQty: 0, orderCount: 0 };
  return { cafeId, businessDate, ...sums, revision: 0, asOf: undefined };
}

/**
 * The day after one more entry. Sums don't depend on the entries' order.
 *
 * @throws RangeError when a sum leaves the range in which numbers are exact, rather than book a wrong one
 */
export function addEntry(day: Day, entry: LedgerEntry): Day {
  return {
    ...day,
    salesSum: exact(day.salesSum + entry.amount),
    canceledSum: exact(day.canceledSum + (entry.kind === 'CORRECTION' ? 0 - entry.amount : 0)),
    salesQty: exact(day.salesQty + entry.qty),
    orderCount: exact(day.orderCount + entry.orderCount),
    revision: day.revision + 1,
    asOf: day.asOf === undefined || entry.occurredAt > day.asOf ? entry.occurredAt : day.asOf,
  };
}

function exact(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new RangeError(`A sum must be a whole number within 2^53, not ${sum}.`);
  return sum;
}
