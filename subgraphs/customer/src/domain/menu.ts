import type { BusinessClock, OrderLine } from '@cafe-for-me/schema/events';
import { cafeNotFound, type PlaceInput } from './place-input.ts';
import { invalidInput, type Refusal } from './refusal.ts';

/** A café and what it sells, as delivery last told. */
export interface CafeMenu {
  readonly cafeId: string;
  readonly open: boolean;
  readonly clock: BusinessClock;
  /** By product. `price` is won, of one piece. */
  readonly items: ReadonlyMap<string, { readonly price: number; readonly available: boolean }>;
  /** Counts the changes of the café and its menu. */
  readonly version: number;
}

export type Priced =
  { readonly lines: readonly OrderLine[]; readonly total: number } | { readonly refusals: readonly Refusal[] };

/** Puts the menu's prices to the lines, or says everything that hinders. `menu` is null for a café that is not known. */
export function priceOf({ lines, expectedTotal }: PlaceInput, menu: CafeMenu | null): Priced {
  if (menu === null) return { refusals: [cafeNotFound] };
  if (!menu.open) {
    return { refusals: [{ code: 'CAFE_CLOSED', message: 'The café is closed.', path: ['input', 'cafeId'] }] };
  }
  const refusals: Refusal[] = [];
  const priced: OrderLine[] = [];
  lines.forEach(function priceLine({ product, qty }, index) {
    const path = ['input', 'lines', String(index), 'product'];
    const item = menu.items.get(product);
    if (item === undefined) {
      refusals.push({ code: 'ITEM_NOT_FOUND', message: `"${product}" is not on the menu.`, path, product });
    } else if (!item.available) {
      refusals.push({ code: 'ITEM_SOLD_OUT', message: `"${product}" is sold out.`, path, product });
    } else {
      priced.push({ product, qty, unitPrice: item.price });
    }
  });
  if (refusals.length > 0) return { refusals };
  const total = totalOf(priced);
  if (!Number.isSafeInteger(total)) return { refusals: [invalidInput('The total is too large.', ['input', 'lines'])] };
  if (expectedTotal !== null && expectedTotal !== total) {
    const message = `The price has changed: the total is ${total} won, not ${expectedTotal}.`;
    return { refusals: [{ code: 'PRICE_CHANGED', message, path: ['input', 'expectedTotal'], total }] };
  }
  return { lines: priced, total };
}

/** Won. */
export function totalOf(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, { qty, unitPrice }) => sum + qty * unitPrice, 0);
}
