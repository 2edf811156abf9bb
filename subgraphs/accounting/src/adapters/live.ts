import { liveVersions, type Feed } from '@cafe-for-me/lib/feed';
import type { EventEnvelope } from '@cafe-for-me/lib/events';
import { readOutbox } from '@cafe-for-me/lib/outbox';
import type { Envelope } from '@cafe-for-me/schema/events';
import type { BookedDay, LiveDays } from '../application/ports.ts';
import { emptyDay } from '../domain/day.ts';
import type { Client } from './postgres.ts';
import { dayName } from './postgres-batch.ts';

type Changed = Envelope<'AccountingChanged'>;

/** The keys under which subscribers find an event of the ACCOUNTING stream. */
export function keysOf(event: EventEnvelope): readonly string[] {
  return [(event as Changed).cafeId];
}

/** Days as their events come; those that a slow subscriber lost are read from the outbox, which keeps them all. */
export function liveDays(feed: Feed, client: Client): LiveDays {
  return {
    watch(cafeId, present, known) {
      return liveVersions<BookedDay>({
        subscribe: () => feed.subscribe(cafeId),
        snapshot: async () => [await present()],
        // Not told, but known: of these days only what comes after is news.
        async known() {
          return new Map(
            [...(await known())].map(([businessDate, revision]) => [dayName({ cafeId, businessDate }), revision]),
          );
        },
        versionOf: (day) => ({ aggregateId: dayName(day), version: day.revision }),
        async missing(aggregateId, from, to) {
          const events = await readOutbox<Changed>(client, aggregateId, from, to);
          return events.map(dayOf);
        },
        stateOf: (event) => dayOf(event as Changed),
      });
    },
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
