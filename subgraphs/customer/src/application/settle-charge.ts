import { decide, type ChargeOutcome } from '../domain/decide.ts';
import { evolve } from '../domain/evolve.ts';
import type { Order } from '../domain/order.ts';
import type { Refusal } from '../domain/refusal.ts';
import { logChange, nextChange } from './change.ts';
import type { OrderStore, PaymentQueue, World } from './ports.ts';

export interface SettleParts {
  readonly orders: Pick<OrderStore, 'save' | 'byId'>;
  readonly queue: Pick<PaymentQueue, 'postpone'>;
  readonly world: World;
  readonly acceptWithinMs: number;
}

/**
 * Brings the outcome of a charge into the order: what placing does after the call, and the worker does for calls whose
 * outcome stayed open.
 *
 * @param attempt the claim under which the provider was called, 0 for the request that placed the order
 * @param nextLook when the worker asks the provider if the outcome is unknown
 * @returns the order as it stands then
 */
export async function settleCharge(
  { orders, queue, world, acceptWithinMs }: SettleParts,
  order: Order,
  outcome: ChargeOutcome,
  attempt: number,
  nextLook: Date,
): Promise<Order> {
  const now = world.now();
  const decision = decide({ type: 'SettleCharge', outcome, acceptWithinMs }, order, now);
  const event = 'events' in decision ? decision.events[0] : undefined;
  if (event === undefined || event.type === 'OrderPlaced' || event.type === 'PaymentUnknown') {
    if (outcome.kind === 'UNKNOWN') await queue.postpone(order, attempt, nextLook);
    return event?.type === 'PaymentUnknown' ? evolve(order, event, now) : order;
  }
  const change = nextChange(order, event, now, world);
  // CHARGED and DECLINED are the provider's word, the same for whoever asks. UNAVAILABLE is only this caller's view: it
  // must not end an order that a worker has taken over and is charging at this moment.
  const fence = outcome.kind === 'UNAVAILABLE' ? attempt : undefined;
  if (await orders.save(change, fence)) {
    logChange(change, world);
    return change.order;
  }
  return (await orders.byId(order.id)) ?? order;
}

/** What a failed payment means to the customer; empty for every other order. */
export function paymentRefusals(order: Order): readonly Refusal[] {
  if (order.status !== 'PAYMENT_FAILED') return [];
  const { failure } = order;
  switch (failure.kind) {
    case 'DECLINED': {
      const { reason } = failure;
      return [{ code: 'PAYMENT_DECLINED', message: `The payment was declined: ${reason}.`, path: ['input'], reason }];
    }
    case 'UNAVAILABLE': {
      const { retryAfterSeconds } = failure;
      const message = 'Payment is unavailable. Nothing was charged; please try again a little later.';
      return [{ code: 'PAYMENT_UNAVAILABLE', message, path: ['input'], retryAfterSeconds }];
    }
  }
}
