import type { Caller } from '@cafe-for-me/schema/caller';
import { daysFromTo, type BusinessDate } from '../domain/business-day.ts';
import { accountantOf } from './access.ts';
import type { Books, Statistics, StatisticsPeriod } from './ports.ts';
import { inOrder, realDate } from './read-accounting.ts';
import { Refusal } from './refusal.ts';

const mostDays = 400;

/** The statistics view by day or by month, oldest first; periods without data are left out. */
export async function readStatistics(
  books: Books,
  caller: Caller,
  asked: { cafeId: string; from: BusinessDate; to: BusinessDate; groupBy: StatisticsPeriod },
): Promise<Statistics[]> {
  const { cafeId, from, to, groupBy } = asked;
  accountantOf(caller, cafeId);
  realDate(from, 'from');
  realDate(to, 'to');
  inOrder(from, to);
  if (daysFromTo(from, to) > mostDays) {
    throw new Refusal('BAD_USER_INPUT', `\`from\` to \`to\` may span ${mostDays} days at most.`, ['to']);
  }
  return books.statistics(cafeId, from, to, groupBy);
}
