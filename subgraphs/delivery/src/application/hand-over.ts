import type { Caller } from '@cafe-for-me/schema/caller';
import type { Delivery } from '../domain/delivery.ts';
import type { Outcome } from './refusal.ts';
import { runStaffCommand, type StaffCommandParts } from './staff-command.ts';

/** The customer gets the order for its pickup code. */
export function handOver(
  parts: StaffCommandParts,
  caller: Caller,
  input: { readonly idempotencyKey: string; readonly orderId: string; readonly pickupCode: string },
): Promise<Outcome<Delivery>> {
  const { idempotencyKey, orderId, pickupCode } = input;
  return runStaffCommand(parts, caller, {
    idempotencyKey,
    orderId,
    name: 'handOver',
    input: [pickupCode.trim().toUpperCase()],
    command: (by) => ({ kind: 'handOver', by, pickupCode }),
  });
}
