import type { Caller } from '@cafe-for-me/schema/caller';
import type { Delivery } from '../domain/delivery.ts';
import { numberProblem } from './input.ts';
import type { Outcome } from './refusal.ts';
import { runStaffCommand, type StaffCommandParts } from './staff-command.ts';

/** The staff take the order on; it gets its queue number, and the customer can't cancel any more. */
export function acceptOrder(
  parts: StaffCommandParts,
  caller: Caller,
  input: { readonly idempotencyKey: string; readonly orderId: string; readonly readyInMinutes: number },
): Promise<Outcome<Delivery>> {
  const { idempotencyKey, orderId, readyInMinutes } = input;
  return runStaffCommand(parts, caller, {
    idempotencyKey,
    orderId,
    name: 'acceptOrder',
    input: [readyInMinutes],
    problem: numberProblem('readyInMinutes', readyInMinutes, { min: 1, max: 120 }),
    command: (by, clock) => ({ kind: 'accept', by, readyInMinutes, clock }),
  });
}
