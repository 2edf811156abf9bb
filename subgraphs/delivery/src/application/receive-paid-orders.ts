import { inContext } from '@cafe-for-me/lib/log';
import type { Envelope } from '@cafe-for-me/schema/events';
import { begin, decideArrival, decideCanceledArrival, type Delivery, type PaidOrder } from '../domain/delivery.ts';
import { envelopeOf } from './envelope.ts';
import type { Arrival, Deliveries, Parts } from './ports.ts';

/**
 * Paid orders reach their cafés: the seed's `order_get`. One whose cancellation was asked for before is canceled at once,
 * so the staff never see it as new. One that comes after its acceptBy is created all the same; the timer expires it.
 *
 * @returns the deliveries that were made; one that was there already is not among them
 */
export async function receivePaidOrders(
  parts: Pick<Parts, 'now' | 'newId'> & { readonly deliveries: Deliveries },
  events: readonly Envelope<'PaymentCompleted'>[],
): Promise<Delivery[]> {
  const now = parts.now();
  const arrivals = events.map((event) => arrivalOf(parts, event, now));
  const statuses = await parts.deliveries.receive(arrivals);
  return arrivals.flatMap(({ order, created, canceled }) => {
    const status = statuses.get(order.orderId);
    return status === undefined ? [] : [begin(order, status === 'CANCELED' ? canceled : created)];
  });
}

/** Both first events are made, so that whether a request was kept can be seen in the very statement that saves. */
function arrivalOf(parts: Pick<Parts, 'newId'>, event: Envelope<'PaymentCompleted'>, now: Date): Arrival {
  const { customerId, lines, total, acceptBy, timeZone, dayCutoffHour } = event.data;
  const { aggregateId: orderId, cafeId, traceparent } = event;
  const order: PaidOrder = { orderId, cafeId, customerId, lines, total, acceptBy: new Date(acceptBy) };
  const aggregate = { id: orderId, version: 1, cafeId };
  return inContext({ traceparent }, () => ({
    order,
    clock: { timeZone, dayCutoffHour },
    created: envelopeOf(parts, decideArrival(order), aggregate, now),
    canceled: envelopeOf(parts, decideCanceledArrival(order), aggregate, now),
  }));
}
