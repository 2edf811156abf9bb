import type { Envelope } from '@cafe-for-me/schema/events';
import { EVENTS } from '@cafe-for-me/schema/events';
import { addEntry, type Day } from '../domain/day.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import { transferId } from '../domain/transfer.ts';
import type { Booking, NewId, Now, Tell } from './ports.ts';

export interface BookParts {
  readonly booking: Booking;
  readonly now: Now;
  readonly newId: NewId;
  readonly log: Tell;
}

/** Adds an entry to its day: the ledger, the sums, the event that tells of it, the transfer to headquarters, all or nothing. */
export async function book(
  { booking, now, newId, log }: BookParts,
  entry: LedgerEntry,
  day: Day,
  traceparent: string | undefined,
): Promise<void> {
  const next = addEntry(day, entry);
  const { cafeId, businessDate, salesSum, salesQty, orderCount, revision } = next;
  const at = now();
  const event: Envelope<'AccountingChanged'> = {
    id: newId(),
    type: 'AccountingChanged',
    schemaVersion: EVENTS.AccountingChanged.schemaVersion,
    aggregateId: `${cafeId}:${businessDate}`,
    aggregateVersion: revision,
    cafeId,
    occurredAt: at.toISOString(),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: { businessDate, salesSum, salesQty, orderCount, cause: entry.kind, orderId: entry.orderId },
  };
  await booking.save({ entry, day: next, event, now: at });
  booking.afterCommit(() => {
    log.info(
      {
        orderId: entry.orderId,
        transferId: transferId(next),
        cafeId,
        businessDate,
        kind: entry.kind,
        amount: entry.amount,
        salesSum,
      },
      'entry booked',
    );
  });
}
