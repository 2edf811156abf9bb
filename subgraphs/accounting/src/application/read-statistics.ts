import type { Caller } from '@cafe-for-me/schema/caller';
import type { BusinessDate } from '../domain/business-day.ts';
import { accountantOf } from './access.ts';
import type { Books, Statistics, StatisticsPeriod } from './ports.ts';
import { summedRange } from './read-accounting.ts';

/** The statistics view by day or by month, oldest first; periods without data are left out. */
export async function readStatistics(
  books: Books,
  caller: Caller,
  asked: { cafeId: string; from: BusinessDate; to: BusinessDate; groupBy: StatisticsPeriod },
): Promise<Statistics[]> {
  const { cafeId, from, to, groupBy } = asked;
  accountantOf(caller, cafeId);
  summedRange(asked);
  return books.statistics(cafeId, from, to, groupBy);
}
