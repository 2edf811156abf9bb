import type { Caller } from '@cafe-for-me/schema/caller';
import type { BusinessDate } from '../domain/business-day.ts';
import { accountantOf } from './access.ts';
import type { BookedCorrection, Books, CorrectionPlace } from './ports.ts';
import { openRange } from './read-accounting.ts';

/** A page of the sales that a café took back, newest first; either end of the range may be open. */
export async function readCorrections(
  books: Books,
  caller: Caller,
  cafeId: string,
  page: { from?: BusinessDate; to?: BusinessDate; before?: CorrectionPlace; limit: number },
): Promise<BookedCorrection[]> {
  accountantOf(caller, cafeId);
  openRange(page);
  return books.corrections(cafeId, page);
}
