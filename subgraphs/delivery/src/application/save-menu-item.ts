import type { Caller } from '@cafe-for-me/schema/caller';
import { decideMenuItem, MAX_PRICE, MAX_PRODUCT_LENGTH, type MenuItem } from '../domain/cafe.ts';
import { changeCafe, type CafeParts } from './change-cafe.ts';
import { numberProblem, textProblem } from './input.ts';
import type { Outcome } from './refusal.ts';

/** Adds a product to the menu, changes its price, or marks it sold out. */
export async function saveMenuItem(
  parts: CafeParts,
  caller: Caller,
  { idempotencyKey, cafeId, ...item }: { readonly idempotencyKey: string; readonly cafeId: string } & MenuItem,
): Promise<Outcome<MenuItem>> {
  const { product, price, available } = item;
  const outcome = await changeCafe(parts, caller, {
    idempotencyKey,
    cafeId,
    name: 'saveMenuItem',
    input: [product, price, available],
    problem:
      textProblem('product', product, { max: MAX_PRODUCT_LENGTH }) ??
      numberProblem('price', price, { min: 0, max: MAX_PRICE }),
    decide: (cafe) => decideMenuItem(cafe, { product, price, available }),
  });
  if ('refused' in outcome) return outcome;
  return { done: outcome.done.menu.find((each) => each.product === product) ?? { product, price, available } };
}
