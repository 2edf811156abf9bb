import type { Caller } from '@cafe-for-me/schema/caller';
import type { Delivery } from '../domain/delivery.ts';
import { textProblem } from './input.ts';
import type { Outcome } from './refusal.ts';
import { runStaffCommand, type StaffCommandParts } from './staff-command.ts';

/** The café can't make an accepted order after all; the customer gets the money back. */
export function cancelByCafe(
  parts: StaffCommandParts,
  caller: Caller,
  input: { readonly idempotencyKey: string; readonly orderId: string; readonly reason: string },
): Promise<Outcome<Delivery>> {
  const { idempotencyKey, orderId, reason } = input;
  return runStaffCommand(parts, caller, {
    idempotencyKey,
    orderId,
    name: 'cancelByCafe',
    input: [reason],
    problem: textProblem('reason', reason, { max: 500 }),
    command: (by, clock) => ({ kind: 'cancelByCafe', by, reason, clock }),
  });
}
