import type { Caller } from '@cafe-for-me/schema/caller';
import { decideOpen, type Cafe } from '../domain/cafe.ts';
import { changeCafe, type CafeParts } from './change-cafe.ts';
import type { Outcome } from './refusal.ts';

/** Opens or closes a café for new orders. */
export function setCafeOpen(
  parts: CafeParts,
  caller: Caller,
  {
    idempotencyKey,
    cafeId,
    open,
  }: { readonly idempotencyKey: string; readonly cafeId: string; readonly open: boolean },
): Promise<Outcome<Cafe>> {
  return changeCafe(parts, caller, {
    idempotencyKey,
    cafeId,
    name: 'setCafeOpen',
    input: [open],
    decide: (cafe) => decideOpen(cafe, open),
  });
}
