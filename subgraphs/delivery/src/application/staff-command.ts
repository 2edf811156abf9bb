import type { Caller } from '@cafe-for-me/schema/caller';
import type { BusinessClock } from '@cafe-for-me/schema/events';
import { addContext } from '@cafe-for-me/lib/log';
import { decide, isRefusal, type Command } from '../domain/decide.ts';
import type { Delivery } from '../domain/delivery.ts';
import { requireStaff, requireStaffOf } from './access.ts';
import { commandKey, isReplay } from './command-key.ts';
import { logChange, MAX_TRIES, saveDecision } from './commit.ts';
import { isId, keyProblem } from './input.ts';
import type { Deliveries, Parts } from './ports.ts';
import { keyReused, orderNotFound, type InputRefusal, type Outcome } from './refusal.ts';

export type StaffCommandParts = Parts & { readonly deliveries: Deliveries };

/** What a member of the staff asks for, of one order. */
export interface StaffRequest {
  readonly idempotencyKey: string;
  readonly orderId: string;
  readonly name: string;
  /** What else the client said, in a fixed order. */
  readonly input: readonly unknown[];
  /** What is wrong with it by itself. */
  readonly problem?: InputRefusal | null;
  /** Made anew at each try. */
  readonly command: (by: string, clock: BusinessClock) => Command;
}

/**
 * Carries out one command of the staff: load, decide, save. Whoever loses a race decides again on what is there now, and
 * so gets the refusal that names it.
 *
 * @throws AccessDenied
 */
export async function runStaffCommand(
  parts: StaffCommandParts,
  caller: Caller,
  { idempotencyKey, orderId, name, input, problem, command }: StaffRequest,
): Promise<Outcome<Delivery>> {
  const staff = requireStaff(caller);
  addContext({ orderId });
  const wrong = keyProblem(idempotencyKey) ?? problem ?? (isId(orderId) ? null : orderNotFound());
  if (wrong) return { refused: wrong };
  const key = commandKey(staff, idempotencyKey, name, [orderId, ...input]);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { found, remembered } = await parts.deliveries.load(orderId, key);
    if (found) requireStaffOf(staff, found.delivery.cafeId);
    if (remembered && !isReplay(remembered, key)) return { refused: keyReused() };
    if (!found) return { refused: orderNotFound() };
    if (remembered) return { done: found.delivery };
    const now = parts.now();
    const decision = decide(command(staff.id, found.clock), found.delivery, now);
    if (isRefusal(decision)) return { refused: decision };
    const delivery = await saveDecision(parts, found, decision, now, key);
    if (delivery) {
      parts.committed();
      logChange(parts.log, decision.type, delivery);
      return { done: delivery };
    }
  }
  throw new Error(`${name} of ${orderId} lost ${MAX_TRIES} races in a row`);
}
