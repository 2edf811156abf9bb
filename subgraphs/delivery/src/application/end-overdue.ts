import { decide, isRefusal, type Command } from '../domain/decide.ts';
import type { DeliveryAtCafe } from '../domain/delivery.ts';
import { logChange, saveDecision } from './commit.ts';
import type { Deliveries, DueDeliveries, Parts } from './ports.ts';

export type OverdueParts = Parts & {
  readonly deliveries: Deliveries;
  readonly due: DueDeliveries;
  /** How long a made order waits on the counter, in milliseconds. */
  readonly collectWithinMs: number;
};

export type OverdueKind = 'expire' | 'notCollected';

/** The deliveries whose time is over: nobody answered, or nobody came. */
export function takeOverdue(parts: OverdueParts, kind: OverdueKind, limit: number): Promise<DeliveryAtCafe[]> {
  const now = parts.now();
  if (kind === 'expire') return parts.due.unanswered(now, limit);
  return parts.due.uncollected(new Date(now.getTime() - parts.collectWithinMs), limit);
}

/**
 * Ends one of them. When somebody else was first, the staff or another replica's timer, there is nothing left to do.
 *
 * @returns whether it was ended here
 */
export async function endOverdue(parts: OverdueParts, kind: OverdueKind, overdue: DeliveryAtCafe): Promise<boolean> {
  const now = parts.now();
  const command: Command = kind === 'expire' ? { kind } : { kind, collectWithinMs: parts.collectWithinMs };
  const decision = decide(command, overdue.delivery, now);
  if (isRefusal(decision)) return false;
  const delivery = await saveDecision(parts, overdue, decision, now);
  if (!delivery) return false;
  parts.committed();
  logChange(parts.log, decision.type, delivery);
  return true;
}
