import type { Envelope } from '@cafe-for-me/schema/events';
import { begin, decideArrival, decideCanceledArrival, type Delivery, type PaidOrder } from '../domain/delivery.ts';
import { envelopeOf } from './envelope.ts';
import type { Deliveries, Parts } from './ports.ts';

/**
 * A paid order reaches the café: the seed's `order_get`. One whose cancellation was asked for before is canceled at once,
 * so the staff never see it as new. One that comes after its acceptBy is created all the same; the timer expires it.
 *
 * @returns the delivery, or null when it was there already
 */
export async function receivePaidOrder(
  parts: Pick<Parts, 'now' | 'newId'> & { readonly deliveries: Deliveries },
  event: Envelope<'PaymentCompleted'>,
): Promise<Delivery | null> {
  const { customerId, lines, total, acceptBy, timeZone, dayCutoffHour } = event.data;
  const { aggregateId: orderId, cafeId } = event;
  const order: PaidOrder = { orderId, cafeId, customerId, lines, total, acceptBy: new Date(acceptBy) };
  const aggregate = { id: orderId, version: 1, cafeId };
  const now = parts.now();
  // Both are at hand, so that whether a request was kept can be seen in the very statement that saves the delivery.
  const created = envelopeOf(parts, decideArrival(order), aggregate, now);
  const canceled = envelopeOf(parts, decideCanceledArrival(order), aggregate, now);
  const status = await parts.deliveries.receive({ order, clock: { timeZone, dayCutoffHour }, created, canceled });
  return status === null ? null : begin(order, status === 'CANCELED' ? canceled : created);
}
