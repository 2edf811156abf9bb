import type { Envelope } from '@cafe-for-me/schema/events';
import { businessDateOf } from '../domain/business-day.ts';
import type { Booking } from './ports.ts';

/** A customer ordered and paid: part of the statistics, whether the café accepts it or not. */
export async function addOrdered(booking: Booking, event: Envelope<'PaymentCompleted'>): Promise<void> {
  const occurredAt = new Date(event.occurredAt);
  const businessDate = businessDateOf(occurredAt, event.data);
  await booking.addOrdered({ cafeId: event.cafeId, businessDate, amount: event.data.total, occurredAt });
}
