import type { Caller } from '@cafe-for-me/schema/caller';
import type { Delivery } from '../domain/delivery.ts';
import type { Outcome } from './refusal.ts';
import { runStaffCommand, type StaffCommandParts } from './staff-command.ts';

/** The order is made and gets a pickup code that no other order on the counter has. */
export function markReady(
  parts: StaffCommandParts,
  caller: Caller,
  { idempotencyKey, orderId }: { readonly idempotencyKey: string; readonly orderId: string },
): Promise<Outcome<Delivery>> {
  return runStaffCommand(parts, caller, {
    idempotencyKey,
    orderId,
    name: 'markReady',
    input: [],
    // A code that is taken loses like any race, and the next try has a new one.
    command: (by) => ({ kind: 'markReady', by, pickupCode: parts.newPickupCode() }),
  });
}
