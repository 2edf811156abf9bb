import type { Envelope } from '@cafe-for-me/schema/events';
import type { Booking } from './ports.ts';

/** The café told its clock: from it follows which business day is the present one. */
export async function keepCafe(booking: Booking, event: Envelope<'CafeSaved'>): Promise<void> {
  const { name, timeZone, dayCutoffHour } = event.data;
  const { cafeId: id, aggregateVersion: version } = event;
  await booking.keepCafe({ id, name, timeZone, dayCutoffHour, version, updatedAt: new Date(event.occurredAt) });
}
