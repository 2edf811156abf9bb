import type { LiveDay } from './use-live-days.ts';
import type { PeriodSums } from './periods.ts';

/** The newest business day of those heard of: today, as the service has it. */
export function newestDay(days: ReadonlyMap<string, LiveDay>): LiveDay | undefined {
  return [...days.values()].reduce<LiveDay | undefined>(
    (newest, day) => (newest === undefined || day.businessDate > newest.businessDate ? day : newest),
    undefined,
  );
}

/** Days as the live connection told them last, in the place of what was asked for earlier. */
export function withLive(known: readonly PeriodSums[], days: ReadonlyMap<string, LiveDay>): PeriodSums[] {
  const seen = new Set(known.map(({ period }) => period));
  const added = [...days.values()].filter(({ businessDate, revision }) => revision > 0 && !seen.has(businessDate));
  return [
    ...known.map(function newer(sums) {
      const day = days.get(sums.period);
      if (day === undefined || day.revision === 0) return sums;
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
