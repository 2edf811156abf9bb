import type { Caller } from '@cafe-for-me/schema/caller';
import type { SaleEntry } from '../domain/ledger.ts';
import { unreachable } from '../domain/unreachable.ts';
import { Refusal } from './refusal.ts';

export type Accountant = Extract<Caller, { kind: 'accountant' }>;

/** @throws Refusal unless the caller is an accountant of some café */
export function anAccountant(caller: Caller): Accountant {
  if (caller.kind === 'anonymous') throw new Refusal('UNAUTHENTICATED', 'Sign in as an accountant of the café.');
  if (caller.kind !== 'accountant') throw new Refusal('FORBIDDEN', 'Only an accountant of the café may do this.');
  return caller;
}

/** @throws Refusal unless the caller is an accountant of this very café */
export function accountantOf(caller: Caller, cafeId: string): Accountant {
  const accountant = anAccountant(caller);
  if (!accountant.cafes.includes(cafeId)) throw new Refusal('FORBIDDEN', 'You are not an accountant of this café.');
  return accountant;
}

/** A sale is shown to the order's customer and to the café's own people; to others it isn't there. */
export function maySeeSale(caller: Caller, sale: Pick<SaleEntry, 'customerId' | 'cafeId'>): boolean {
  switch (caller.kind) {
    case 'anonymous':
      return false;
    case 'customer':
      return caller.id === sale.customerId;
    case 'staff':
    case 'accountant':
      return caller.cafes.includes(sale.cafeId);
    default:
      throw unreachable(caller);
  }
}
