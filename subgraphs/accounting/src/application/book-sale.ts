import type { Envelope } from '@cafe-for-me/schema/events';
import { saleOf } from '../domain/ledger.ts';
import { book, type BookParts } from './book.ts';

/** The café accepted an order: a sale on the business day of the acceptance. Booked once, however often the event comes. */
export async function bookSale(parts: BookParts, event: Envelope<'OrderReceived'>): Promise<void> {
  const entry = saleOf(event);
  const { day, alreadyBooked } = await parts.booking.find(entry);
  if (!alreadyBooked) await book(parts, entry, day, event.traceparent);
}
