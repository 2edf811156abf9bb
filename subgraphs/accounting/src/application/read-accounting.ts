import type { Caller } from '@cafe-for-me/schema/caller';
import { isBusinessDate, type BusinessDate } from '../domain/business-day.ts';
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
  if (page.from !== undefined) realDate(page.from, 'from');
  if (page.to !== undefined) realDate(page.to, 'to');
  if (page.from !== undefined && page.to !== undefined) inOrder(page.from, page.to);
  return books.days(cafeId, page);
}

/** @throws Refusal when the text is no date of the calendar */
export function realDate(date: BusinessDate, argument: string): void {
  if (!isBusinessDate(date)) {
    throw new Refusal('BAD_USER_INPUT', `\`${argument}\` must be a date as yyyymmdd, e.g. 20200514.`, [argument]);
  }
}

/** @throws Refusal when the range ends before it begins */
export function inOrder(from: BusinessDate, to: BusinessDate): void {
  if (from > to) throw new Refusal('BAD_USER_INPUT', '`from` must not be after `to`.', ['from']);
}
