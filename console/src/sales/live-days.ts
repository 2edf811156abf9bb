import type { LiveDay } from './use-live-days.ts';
import type { PeriodSums } from './periods.ts';

/** The newest business day of those heard of: today, as the service has it. */
export function newestDay(days: ReadonlyMap<string, LiveDay>): LiveDay | undefined {
  return [...days.values()].reduce<LiveDay | undefined>(
    (newest, day) => (newest === undefined || day.businessDate > newest.businessDate ? day : newest),
    undefined,
  );
}

/** What was asked for, and the last event that it rests on (ISO instant). */
export interface AskedSums extends PeriodSums {
  readonly asOf: string;
}

/**
 * Days as the live connection told them last, in the place of what was asked for earlier. An answer that rests on an event later than
 * that is newer: the connection is away, and the answers are not.
 */
export function withLive(known: readonly AskedSums[], days: ReadonlyMap<string, LiveDay>): PeriodSums[] {
  const seen = new Set(known.map(({ period }) => period));
  const added = [...days.values()].filter(({ businessDate, revision }) => revision > 0 && !seen.has(businessDate));
  return [
    ...known.map(function newer({ asOf, ...sums }) {
      const day = days.get(sums.period);
      if (day === undefined || day.revision === 0 || asOf > day.updatedAt) return sums;
      return { ...sums, sold: day.salesSum, qty: day.salesQty, orders: day.orderCount };
    }),
    ...added.map(({ businessDate: period, salesSum: sold, salesQty: qty, orderCount: orders }) => ({
      period,
      ordered: 0,
      sold,
      canceled: 0,
      qty,
      orders,
    })),
  ];
}
