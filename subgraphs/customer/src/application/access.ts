import type { Caller } from '@cafe-for-me/schema/caller';
import type { Order } from '../domain/order.ts';

/** A caller who may order. */
export type Customer = Extract<Caller, { kind: 'customer' }>;

/** Whether the caller may see an order: its customer, and the staff and accountants of its café. */
export function maySee(caller: Caller, order: Pick<Order, 'customerId' | 'cafeId'>): boolean {
  switch (caller.kind) {
    case 'anonymous':
      return false;
    case 'customer':
      return caller.id === order.customerId;
    case 'staff':
    case 'accountant':
      return caller.cafes.includes(order.cafeId);
  }
}

/** The code is what gets the order: of those who may see the order, its accountants need not know it. */
export function maySeePickupCode(caller: Caller): boolean {
  return caller.kind !== 'accountant';
}

/** What was sent to a customer's phone is the customer's alone. */
export function maySeeNotifications(caller: Caller, order: Pick<Order, 'customerId'>): boolean {
  return caller.kind === 'customer' && caller.id === order.customerId;
}
