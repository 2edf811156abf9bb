import type { Caller } from '@cafe-for-me/schema/caller';
import { daysFromTo, isBusinessDate, type BusinessDate } from '../domain/business-day.ts';
import { accountantOf } from './access.ts';
import type { BookedDay, Books } from './ports.ts';
import { Refusal } from './refusal.ts';

/** One day's sums; undefined when nothing was sold on it. */
export async function readAccounting(
  books: Books,
  caller: Caller,
  cafeId: string,
  businessDate: BusinessDate,
): Promise<BookedDay | undefined> {
  accountantOf(caller, cafeId);
  realDate(businessDate, 'businessDate');
  return books.day(cafeId, businessDate);
}

/** A page of days, newest first; either end of the range may be open. */
export async function readAccountings(
  books: Books,
  caller: Caller,
  cafeId: string,
  page: { from?: BusinessDate; to?: BusinessDate; before?: BusinessDate; limit: number },
): Promise<BookedDay[]> {
  accountantOf(caller, cafeId);
  openRange(page);
  return books.days(cafeId, page);
}

/** @throws Refusal when an end that is given is no date, or the range ends before it begins */
export function openRange({ from, to }: { from?: BusinessDate; to?: BusinessDate }): void {
  if (from !== undefined) realDate(from, 'from');
  if (to !== undefined) realDate(to, 'to');
  if (from !== undefined && to !== undefined) inOrder(from, to);
}

const mostDays = 400;

/** @throws Refusal when the range is none, or of more days than are summed for one question */
export function summedRange({ from, to }: { from: BusinessDate; to: BusinessDate }): void {
  openRange({ from, to });
  if (daysFromTo(from, to) > mostDays) {
    throw new Refusal('BAD_USER_INPUT', `\`from\` to \`to\` may span ${mostDays} days at most.`, ['to']);
  }
}

/** @throws Refusal when the text is no date of the calendar */
function realDate(date: BusinessDate, argument: string): void {
  if (!isBusinessDate(date)) {
    throw new Refusal('BAD_USER_INPUT', `\`${argument}\` must be a date as yyyymmdd, e.g. 20200514.`, [argument]);
  }
}

/** @throws Refusal when the range ends before it begins */
function inOrder(from: BusinessDate, to: BusinessDate): void {
  if (from > to) throw new Refusal('BAD_USER_INPUT', '`from` must not be after `to`.', ['from']);
}
