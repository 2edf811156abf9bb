import type { Caller } from '@cafe-for-me/schema/caller';
import type { RejectReason } from '@cafe-for-me/schema/events';
import type { Delivery } from '../domain/delivery.ts';
import { textProblem } from './input.ts';
import type { Outcome } from './refusal.ts';
import { runStaffCommand, type StaffCommandParts } from './staff-command.ts';

/** The staff do not take the order; the customer gets the money back. */
export function rejectOrder(
  parts: StaffCommandParts,
  caller: Caller,
  input: {
    readonly idempotencyKey: string;
    readonly orderId: string;
    readonly reason: RejectReason;
    readonly note: string | null;
  },
): Promise<Outcome<Delivery>> {
  const { idempotencyKey, orderId, reason, note } = input;
  return runStaffCommand(parts, caller, {
    idempotencyKey,
    orderId,
    name: 'rejectOrder',
    input: [reason, note],
    problem: note === null ? null : textProblem('note', note, { min: 0, max: 500 }),
    command: (by) => ({ kind: 'reject', by, reason, ...(note === null ? {} : { note }) }),
  });
}
