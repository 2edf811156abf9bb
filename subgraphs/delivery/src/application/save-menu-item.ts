import type { Caller } from '@cafe-for-me/schema/caller';
import { decideMenuItem, MAX_PRICE, MAX_PRODUCT_LENGTH, type Cafe, type MenuItem } from '../domain/cafe.ts';
import { changeCafe, type CafeParts } from './change-cafe.ts';
import { numberProblem, textProblem } from './input.ts';
import { invalid, type Outcome } from './refusal.ts';

/** What is not said of a product that is on the menu stays as it is: two who change different things don't undo each other's. */
export interface SavedMenuItem {
  readonly idempotencyKey: string;
  readonly cafeId: string;
  readonly product: string;
  /** Won. */
  readonly price?: number | null | undefined;
  readonly available?: boolean | null | undefined;
}

/** Adds a product to the menu, changes its price, or marks it sold out. */
export async function saveMenuItem(
  parts: CafeParts,
  caller: Caller,
  { idempotencyKey, cafeId, product, price, available }: SavedMenuItem,
): Promise<Outcome<MenuItem>> {
  const outcome = await changeCafe(parts, caller, {
    idempotencyKey,
    cafeId,
    name: 'saveMenuItem',
    input: [product, price ?? null, available ?? null],
    problem:
      textProblem('product', product, { max: MAX_PRODUCT_LENGTH }) ??
      (price == null ? null : numberProblem('price', price, { min: 0, max: MAX_PRICE })),
    decide(cafe) {
      const present = itemOf(cafe, product);
      const wanted = price ?? present?.price;
      if (wanted === undefined) return invalid('price', 'A product that is not on the menu yet needs a price.');
      return decideMenuItem(cafe, { product, price: wanted, available: available ?? present?.available ?? true });
    },
  });
  if ('refused' in outcome) return outcome;
  const done = itemOf(outcome.done, product);
  if (done === undefined) throw new Error(`the menu of café ${cafeId} lacks what was saved`);
  return { done };
}

function itemOf({ menu }: Cafe, product: string): MenuItem | undefined {
  return menu.find((each) => each.product === product);
}
