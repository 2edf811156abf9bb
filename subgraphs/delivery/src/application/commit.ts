import { businessDate } from '../domain/business-day.ts';
import { evolve, type DecidedEvent, type Delivery, type DeliveryAtCafe } from '../domain/delivery.ts';
import { envelopeOf } from './envelope.ts';
import type { CommandKey, Deliveries, Parts } from './ports.ts';

/** A race that is lost so often is a fault, in the store or in whoever keeps winning. */
export const MAX_TRIES = 20;

/**
 * Saves what was decided, if the delivery is still as it was when that was decided.
 *
 * @returns the delivery after it; null when somebody else was first, so that it has to be decided again
 */
export async function saveDecision(
  parts: Pick<Parts, 'newId'> & { deliveries: Deliveries },
  { delivery: before, clock }: DeliveryAtCafe,
  decided: DecidedEvent,
  now: Date,
  key?: CommandKey,
): Promise<Delivery | null> {
  const { deliveries } = parts;
  const aggregate = { id: before.orderId, version: before.version + 1, cafeId: before.cafeId };
  const withKey = key === undefined ? {} : { key };
  if (decided.type === 'OrderReceived') {
    const event = envelopeOf(parts, decided, aggregate, now);
    const day = businessDate(now, clock);
    const queueNumber = await deliveries.accept({ before, event, businessDate: day, ...withKey });
    return queueNumber === null ? null : evolve(before, { ...event, data: { ...event.data, queueNumber } });
  }
  const event = envelopeOf(parts, decided, aggregate, now);
  const after = evolve(before, event);
  return (await deliveries.save({ before, after, event, ...withKey })) ? after : null;
}

/** One line for each change of a delivery's state. */
export function logChange(log: Parts['log'], change: string, { orderId, cafeId, status, version }: Delivery): void {
  log.info({ orderId, cafeId, change, status, version }, 'delivery changed');
}
