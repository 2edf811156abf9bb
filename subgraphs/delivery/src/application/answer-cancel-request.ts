import type { Envelope } from '@cafe-for-me/schema/events';
import { decide, isRefusal } from '../domain/decide.ts';
import type { Delivery } from '../domain/delivery.ts';
import { MAX_TRIES, saveDecision } from './commit.ts';
import type { Deliveries, Parts } from './ports.ts';

/**
 * The customer asks to cancel. The answer is always an event: confirmed while nobody accepted, else rejected. A request
 * that comes before its order is kept until the order comes.
 *
 * @returns the delivery after the answer, or null when the request was kept
 */
export async function answerCancelRequest(
  parts: Pick<Parts, 'now' | 'newId'> & { readonly deliveries: Deliveries },
  event: Envelope<'OrderCancelRequested'>,
): Promise<Delivery | null> {
  const { deliveries } = parts;
  const orderId = event.aggregateId;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { found } = await deliveries.load(orderId);
    if (!found) {
      await deliveries.keepCancel(orderId, new Date(event.occurredAt));
      return null;
    }
    const now = parts.now();
    const decision = decide({ kind: 'customerCancel' }, found.delivery, now);
    if (isRefusal(decision)) throw new Error(`A customer's cancel request is never refused, got ${decision.code}`);
    const delivery = await saveDecision(parts, found, decision, now);
    if (delivery) return delivery;
  }
  throw new Error(`The cancel request of ${orderId} lost ${MAX_TRIES} races in a row`);
}
