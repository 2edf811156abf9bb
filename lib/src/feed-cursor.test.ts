import { FeedCursor } from './feed-cursor.ts';
import { FeedPast } from './feed-past.ts';
import { FeedRing } from './feed-ring.ts';
import type { FeedStore, StoredEvent } from './feed-store.ts';
import { testEvent } from './testing/events.ts';

describe('a cursor behind the ring', () => {
  it('gets the first event of an aggregate that begins while they are looked up', async () => {
    const published: StoredEvent[] = [];
    const ring = new FeedRing({ count: 2, bytes: 1_000_000 });
    function publish(aggregateId: string, version: number): void {
      const sequence = published.length + 1;
      const event = testEvent(aggregateId, version);
      published.push({ sequence, event });
      const keys = aggregateId.startsWith('mine') ? ['me'] : ['somebody'];
      ring.push(event, { sequence, bytes: 1, arrivedAt: undefined }, keys);
    }
    const store: FeedStore = {
      async ofAggregates(ids, { after, until }) {
        const isAsked = ({ sequence, event }: StoredEvent): boolean =>
          ids.includes(event.aggregateId) && sequence > after && sequence <= until;
        return { events: published.filter(isAsked), mayLack: false };
      },
      window: () => Promise.reject(new Error('not asked')),
      sequenceOf: async () => undefined,
    };
    const past = new FeedPast(store, {
      since: () => new Date(0),
      until: () => ring.from - 1,
      head: () => ring.head,
      repeatOf: () => 0,
      keysOf: () => ['me'],
    });
    const mine = ['mine'];
    const cursor = new FeedCursor(
      { ring, past, epoch: 0, ended: () => undefined },
      {
        key: 'me',
        async aggregates() {
          const found = [...mine];
          if (mine.length === 2) return found;
          // It is there a moment later, and out of the ring before the answer.
          mine.push('mine too');
          publish('mine too', 1);
          publish('other', 3);
          publish('other', 4);
          return found;
        },
      },
    );
    cursor.place(0);
    publish('mine', 1);
    publish('other', 1);
    publish('other', 2);
    publish('mine', 2);

    const got: string[] = [];
    for (let found = cursor.peek(); found !== undefined; found = cursor.peek()) {
      if (found === 'changed') throw new Error('the place means nothing any more');
      if (found === 'behind') {
        await cursor.catchUp();
        continue;
      }
      got.push(`${found.event.aggregateId} ${found.event.aggregateVersion}`);
      cursor.pass(found);
    }
    expect(got).toEqual(['mine 1', 'mine 2', 'mine too 1']);
  });
});
