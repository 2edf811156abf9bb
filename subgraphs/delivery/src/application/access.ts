import type { Caller } from '@cafe-for-me/schema/caller';
import type { Delivery } from '../domain/delivery.ts';

/** The caller may not do this, or nobody is signed in. Not a refusal of the domain: the client is wrong to ask. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
  readonly kind: 'unauthenticated' | 'forbidden';

  constructor(kind: 'unauthenticated' | 'forbidden', message: string) {
    super(message);
    this.kind = kind;
  }
}

export type SignedIn = Exclude<Caller, { kind: 'anonymous' }>;
export type Staff = Extract<Caller, { kind: 'staff' }>;

/** @throws AccessDenied when nobody is signed in */
export function requireSignedIn(caller: Caller): SignedIn {
  if (caller.kind === 'anonymous') throw new AccessDenied('unauthenticated', 'Sign in to do this.');
  return caller;
}

/** @throws AccessDenied */
export function requireStaff(caller: Caller): Staff {
  const signedIn = requireSignedIn(caller);
  if (signedIn.kind !== 'staff') throw new AccessDenied('forbidden', 'This is for the staff of a café.');
  return signedIn;
}

/** @throws AccessDenied unless the caller is on the staff of that café */
export function requireStaffOf(caller: Caller, cafeId: string): Staff {
  const staff = requireStaff(caller);
  if (!staff.cafes.includes(cafeId)) throw new AccessDenied('forbidden', `You are not on the staff of café ${cafeId}.`);
  return staff;
}

type Owned = Pick<Delivery, 'cafeId' | 'customerId'>;

export function isStaffOf(caller: Caller, { cafeId }: Pick<Owned, 'cafeId'>): boolean {
  return caller.kind === 'staff' && caller.cafes.includes(cafeId);
}

function isCustomerOf(caller: Caller, { customerId }: Owned): boolean {
  return caller.kind === 'customer' && caller.id === customerId;
}

/** Whether the delivery shows up in an answer about its order: to the customer, and to the people of its café. */
export function seesDelivery(caller: Caller, delivery: Owned): boolean {
  const keepsBooks = caller.kind === 'accountant' && caller.cafes.includes(delivery.cafeId);
  return keepsBooks || isStaffOf(caller, delivery) || isCustomerOf(caller, delivery);
}

/** The code is what gets the order: whoever does not fetch it or hand it over need not know it. */
export function seesPickupCode(caller: Caller, delivery: Owned): boolean {
  return isStaffOf(caller, delivery) || isCustomerOf(caller, delivery);
}
