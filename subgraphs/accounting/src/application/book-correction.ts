import type { Envelope } from '@cafe-for-me/schema/events';
import { businessDateOf } from '../domain/business-day.ts';
import { correctionOf } from '../domain/ledger.ts';
import { book, type BookParts } from './book.ts';

/** The café canceled what it had accepted: a negative entry today. The day of the sale stays as it was. */
export async function bookCorrection(parts: BookParts, event: Envelope<'OrderCanceledByCafe'>): Promise<void> {
  const { day, sale, alreadyBooked } = await parts.booking.find({
    eventId: event.id,
    orderId: event.aggregateId,
    cafeId: event.cafeId,
    businessDate: businessDateOf(new Date(event.occurredAt), event.data),
  });
  if (alreadyBooked) return;
  // Acceptance comes before every cancel by the café, so this is an order whose acceptance was never told to us.
  if (sale === undefined) {
    parts.log.warn(
      { orderId: event.aggregateId, eventId: event.id },
      'canceled by the café, but never booked as a sale',
    );
    return;
  }
  await book(parts, correctionOf(event, sale), day, event.traceparent);
}
