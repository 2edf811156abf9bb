import type { Caller } from '@cafe-for-me/schema/caller';
import type { Cafe } from '../domain/cafe.ts';
import { requireSignedIn } from './access.ts';
import { isId } from './input.ts';
import type { Cafes } from './ports.ts';

/** Reads one café, perhaps together with others that are asked for at the same time. */
export type LoadCafe = (cafeId: string) => Promise<Cafe | null>;

/** @throws AccessDenied when nobody is signed in */
export async function readCafe(load: LoadCafe, caller: Caller, cafeId: string): Promise<Cafe | null> {
  requireSignedIn(caller);
  return isId(cafeId) ? load(cafeId) : null;
}

/** @throws AccessDenied when nobody is signed in */
export async function listCafes(
  cafes: Pick<Cafes, 'list'>,
  caller: Caller,
  query: { readonly after: string; readonly limit: number },
): Promise<Cafe[]> {
  requireSignedIn(caller);
  return cafes.list(query);
}
