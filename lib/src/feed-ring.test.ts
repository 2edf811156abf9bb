import type { EventEnvelope } from './events.ts';
import { FeedRing, type RingWaiter } from './feed-ring.ts';
import { testEvent } from './testing/events.ts';

function ringOf(count: number, bytes = 1_000_000): FeedRing {
  return new FeedRing({ count, bytes });
}

function push(ring: FeedRing, sequence: number, event: EventEnvelope, bytes = 10): void {
  ring.push(event, { sequence, bytes, arrivedAt: undefined }, [event.aggregateId, 'all']);
}

const sequences = (ring: FeedRing, key: string, from = 0): number[] => {
  const found: number[] = [];
  for (let entry = ring.next(key, from); entry; entry = ring.next(key, entry.sequence)) found.push(entry.sequence);
  return found;
};

describe('the ring of a feed', () => {
  it('gives the entries of a key in order, from wherever one stands', () => {
    const ring = ringOf(100);
    for (let sequence = 1; sequence <= 9; sequence++) {
      push(ring, sequence, testEvent(sequence % 3 === 0 ? 'a' : 'b', sequence));
    }
    expect(sequences(ring, 'a')).toEqual([3, 6, 9]);
    expect(sequences(ring, 'a', 4)).toEqual([6, 9]);
    expect(sequences(ring, 'a', 9)).toEqual([]);
    expect(sequences(ring, 'all', 7)).toEqual([8, 9]);
    expect(sequences(ring, 'nobody')).toEqual([]);
    expect(ring.last('b')?.sequence).toBe(8);
  });

  it('keeps so many events, and so many bytes, and of keys that are gone nothing', () => {
    const ring = ringOf(10, 100);
    for (let sequence = 1; sequence <= 50; sequence++) push(ring, sequence, testEvent(`a${sequence}`, 1));
    expect([ring.size, ring.from, ring.head, ring.bytes]).toEqual([10, 41, 50, 100]);
    // Ten aggregates, and all.
    expect(ring.keyCount).toBe(11);
    push(ring, 51, testEvent('large', 1), 75);
    expect([ring.size, ring.from, ring.bytes]).toEqual([3, 49, 95]);
    push(ring, 52, testEvent('larger', 1), 500);
    expect([ring.size, ring.from, ring.bytes]).toEqual([1, 52, 500]);
    expect(sequences(ring, 'all')).toEqual([52]);
  });

  it('wakes those who wait for a key, each once, and says what they missed nothing up to', () => {
    const ring = ringOf(10);
    const woken: string[] = [];
    const waiter = (name: string): RingWaiter => ({ wake: (upTo) => woken.push(`${name} ${upTo}`) });
    ring.wait('a', waiter('one'));
    ring.wait('a', waiter('two'));
    const left = waiter('left');
    ring.wait('a', left);
    ring.stopWaiting('a', left);
    push(ring, 1, testEvent('b', 1));
    expect(woken).toEqual([]);
    push(ring, 2, testEvent('a', 1));
    expect(woken).toEqual(['one 1', 'two 1']);
    push(ring, 3, testEvent('a', 2));
    expect(woken).toHaveLength(2);
    ring.wait('c', waiter('three'));
    ring.skipTo(100);
    expect(woken.at(-1)).toBe('three 3');
    expect([ring.size, ring.from, ring.head, ring.keyCount]).toEqual([0, 100, 99, 0]);
  });

  it('tells an event that was published twice, and what is of no use at all', () => {
    const ring = ringOf(10);
    const [first, second] = [testEvent('a', 1), testEvent('a', 2)];
    push(ring, 1, first);
    push(ring, 2, second);
    push(ring, 3, second);
    expect(ring.next('a', 2)).toMatchObject({ sequence: 3, repeatOf: 2 });
    expect(ring.repeatOf(3, second)).toBe(2);
    expect(ring.seen('a')).toMatchObject({ version: 2, sequence: 2 });
    push(ring, 4, second);
    push(ring, 5, first);
    expect(sequences(ring, 'a', 3)).toEqual([]);
    expect(ring.head).toBe(5);
    push(ring, 6, testEvent('a', 3));
    expect(ring.next('a', 5)).toMatchObject({ repeatOf: 0 });
  });

  it('takes the events of a database that was begun anew for new', () => {
    const ring = ringOf(10);
    push(ring, 1, testEvent('a', 5));
    push(ring, 2, { ...testEvent('a', 1), occurredAt: '2027-01-01T00:00:00.000Z' });
    expect(sequences(ring, 'a')).toEqual([1, 2]);
    expect(ring.seen('a')).toMatchObject({ version: 1, sequence: 2 });
  });

  it('forgets versions when there are too many', () => {
    const ring = ringOf(2);
    for (let sequence = 1; sequence <= 6; sequence++) push(ring, sequence, testEvent(`a${sequence}`, 1));
    expect([1, 2, 3, 6].map((number) => ring.seen(`a${number}`)?.sequence)).toEqual([undefined, undefined, 3, 6]);
  });
});
