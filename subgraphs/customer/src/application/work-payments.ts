import { decide } from '../domain/decide.ts';
import type { RefundedOrder, UnpaidOrder } from '../domain/order.ts';
import { unreachable } from '../domain/unreachable.ts';
import { logChange, nextChange } from './change.ts';
import type { DuePayment, Payment } from './ports.ts';
import { settleCharge, type SettleParts } from './settle-charge.ts';

export interface WorkPaymentsParts extends SettleParts {
  readonly payment: Payment;
  /** How long to wait after so many tries, in ms. */
  readonly pauseAfter: (attempt: number) => number;
}

/** Finishes what a payment still needs: a charge whose outcome is open, or a refund. Fails into a later try, never twice. */
export function createWorkPayments(parts: WorkPaymentsParts) {
  const { orders, queue, payment, world } = parts;
  const nextLook = (attempt: number): Date => new Date(world.now().getTime() + parts.pauseAfter(attempt));

  async function finishCharge(order: UnpaidOrder, attempt: number): Promise<void> {
    const found = await payment.findCharge(order);
    // Never heard of: the request died before its call. The key makes it the same charge if that call comes late.
    const outcome = found.kind === 'NONE' ? await payment.charge(order) : found;
    // That the provider can't be reached now says nothing about the calls before.
    const known = outcome.kind === 'UNAVAILABLE' ? ({ kind: 'UNKNOWN' } as const) : outcome;
    await settleCharge(parts, order, known, attempt, nextLook(attempt));
  }

  async function finishRefund(order: RefundedOrder, attempt: number): Promise<void> {
    const confirmed = (attempt > 1 && (await payment.findRefund(order))) || (await payment.refund(order));
    if (!confirmed) return queue.postpone(order, attempt, nextLook(attempt));
    const now = world.now();
    const decision = decide({ type: 'ConfirmRefund' }, order, now);
    const event = 'events' in decision ? decision.events[0] : undefined;
    if (event?.type !== 'PaymentRefunded') return;
    const change = nextChange(order, event, now, world);
    if (await orders.save(change)) logChange(change, world);
  }

  return async function workPayment({ order, attempt }: DuePayment): Promise<void> {
    switch (order.payment) {
      case 'CHARGING':
      case 'UNKNOWN':
        return finishCharge(order, attempt);
      case 'REFUNDING':
        return finishRefund(order, attempt);
      case 'REFUNDED':
        return;
      default:
        throw unreachable(order);
    }
  };
}
