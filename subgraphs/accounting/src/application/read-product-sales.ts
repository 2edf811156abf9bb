import type { Caller } from '@cafe-for-me/schema/caller';
import type { BusinessDate } from '../domain/business-day.ts';
import { accountantOf } from './access.ts';
import type { Books, SoldProduct } from './ports.ts';
import { summedRange } from './read-accounting.ts';

/** What was sold product by product, most won first; products without entries in the range are left out. */
export async function readProductSales(
  books: Books,
  caller: Caller,
  asked: { cafeId: string; from: BusinessDate; to: BusinessDate; limit: number },
): Promise<SoldProduct[]> {
  const { cafeId, from, to, limit } = asked;
  accountantOf(caller, cafeId);
  summedRange(asked);
  return books.productSales(cafeId, from, to, limit);
}
