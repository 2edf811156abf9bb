import type { Feed } from '@cafe-for-me/lib/feed';
import { liveVersions } from '@cafe-for-me/lib/live-versions';
import type { EventEnvelope } from '@cafe-for-me/lib/events';
import type { Envelope } from '@cafe-for-me/schema/events';
import type { BookedDay, LiveDays } from '../application/ports.ts';
import { emptyDay } from '../domain/day.ts';
import { dayName } from './postgres-batch.ts';

type Changed = Envelope<'AccountingChanged'>;

/** The keys under which subscribers find an event of the ACCOUNTING stream. */
export function keysOf(event: EventEnvelope): readonly string[] {
  return [(event as Changed).cafeId];
}

/** Days as their events come, which say all of them. */
export function liveDays(feed: Feed): LiveDays {
  return {
    watch: (cafeId, present, resumeFrom) =>
      liveVersions<BookedDay>({
        feed,
        topic: { key: cafeId },
        resumeFrom,
        snapshot: async () => [await present()],
        versionOf: (day) => ({ aggregateId: dayName(day), version: day.revision }),
        stateOf(event) {
          const changed = event as Changed;
          // Of another café the subscriber may see nothing, whatever the key said.
          return changed.cafeId === cafeId ? dayOf(changed) : undefined;
        },
      }),
  };
}

function dayOf({ cafeId, aggregateVersion, occurredAt, data }: Changed): BookedDay {
  const { businessDate, salesSum, salesQty, orderCount } = data;
  const at = new Date(occurredAt);
  return {
    ...emptyDay(cafeId, businessDate),
    salesSum,
    salesQty,
    orderCount,
    revision: aggregateVersion,
    asOf: at,
    updatedAt: at,
  };
}
