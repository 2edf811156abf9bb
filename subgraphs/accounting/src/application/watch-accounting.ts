import type { Caller } from '@cafe-for-me/schema/caller';
import { businessDateOf, defaultClock } from '../domain/business-day.ts';
import { emptyDay } from '../domain/day.ts';
import { accountantOf } from './access.ts';
import type { BookedDay, Books, LiveDays, Now } from './ports.ts';

/** First the present business day, with zeros while nothing is sold, then every change of any day of the café. */
export function watchAccounting(
  { books, live, now }: { books: Books; live: LiveDays; now: Now },
  caller: Caller,
  cafeId: string,
  resumeFrom: string | undefined,
): ReturnType<LiveDays['watch']> {
  accountantOf(caller, cafeId);

  async function presentDay(): Promise<BookedDay> {
    const at = now();
    const businessDate = businessDateOf(at, (await books.clockOf(cafeId)) ?? defaultClock);
    return (await books.day(cafeId, businessDate)) ?? { ...emptyDay(cafeId, businessDate), updatedAt: at };
  }

  return live.watch(cafeId, presentDay, resumeFrom);
}
