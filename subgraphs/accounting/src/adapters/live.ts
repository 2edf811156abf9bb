import { liveVersions, type Feed, type Subscriber } from '@cafe-for-me/lib/feed';
import type { EventEnvelope } from '@cafe-for-me/lib/events';
import type { Envelope } from '@cafe-for-me/schema/events';
import type { BookedDay, LiveDays } from '../application/ports.ts';
import { emptyDay } from '../domain/day.ts';
import type { Client } from './postgres.ts';

/** The keys under which subscribers find an event of the ACCOUNTING stream. */
export function keysOf(event: EventEnvelope): readonly string[] {
  return [(event as Envelope<'AccountingChanged'>).cafeId];
}

interface State {
  readonly day: BookedDay;
  /** False for what only says where a day stands. */
  readonly shown: boolean;
}

/** Days as their events come; those that a slow subscriber lost are read from the outbox, which keeps them all. */
export function liveDays(feed: Feed, client: Client): LiveDays {
  async function missing(aggregateId: string, from: number, to: number): Promise<State[]> {
    const rows = await client.$queryRaw<{ envelope: Envelope<'AccountingChanged'> }[]>`
      SELECT envelope FROM outbox
      WHERE aggregate_id = ${aggregateId} AND aggregate_version BETWEEN ${from}::int AND ${to}::int
      ORDER BY aggregate_version`;
    return rows.map(({ envelope }) => ({ day: dayOf(envelope), shown: true }));
  }

  return {
    watch(cafeId, present, known) {
      let tail: Subscriber | undefined;

      async function snapshot(): Promise<State[]> {
        const [day, revisions] = await Promise.all([present(), known()]);
        const others = [...revisions].filter(([businessDate]) => businessDate !== day.businessDate);
        return [
          { day, shown: true },
          // Not told, but known: of these days only what comes after is news.
          ...others.map(([date, revision]) => ({
            day: { ...emptyDay(cafeId, date), revision, updatedAt: day.updatedAt },
            shown: false,
          })),
        ];
      }

      async function* shownDays(): AsyncGenerator<BookedDay, void, undefined> {
        const states = liveVersions<State>({
          subscribe: () => (tail = feed.subscribe(cafeId)),
          snapshot,
          versionOf: ({ day }) => ({ aggregateId: `${day.cafeId}:${day.businessDate}`, version: day.revision }),
          missing,
          stateOf: (event) => ({ day: dayOf(event as Envelope<'AccountingChanged'>), shown: true }),
        });
        for await (const { day, shown } of states) if (shown) yield day;
      }

      const days = shownDays();
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next: () => days.next(),
        async return() {
          // A generator that waits for the next event can't end before it comes; ending the tail is what wakes it.
          await tail?.return();
          await days.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function dayOf({ cafeId, aggregateVersion, occurredAt, data }: Envelope<'AccountingChanged'>): BookedDay {
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
