import type { EventEnvelope } from './events.ts';

/** A message of the stream as the feed keeps it. */
export interface FeedEntry {
  readonly sequence: number;
  readonly event: EventEnvelope;
  /** By `performance.now()`; undefined for what was there before the feed, or was read in the database. */
  readonly arrivedAt: number | undefined;
  /** The event stood in the stream before, at this sequence; 0 for all others. */
  readonly repeatOf: number;
}

/** Whoever waits for a key's next entry; `ring` calls it once and forgets it. */
export interface RingWaiter {
  /** @param upTo the waiter has missed nothing up to this sequence */
  wake(upTo: number): void;
}

/** What the ring last saw of an aggregate. */
export interface SeenVersion {
  readonly id: string;
  readonly version: number;
  readonly sequence: number;
  readonly occurredAt: string;
  readonly isRepeated: boolean;
}

interface Kept {
  readonly entry: FeedEntry;
  readonly keys: readonly string[];
  readonly bytes: number;
}

/** A queue that gives up its front without moving the rest each time. */
class Line<Item> {
  items: Item[] = [];
  first = 0;

  get size(): number {
    return this.items.length - this.first;
  }

  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.first++];
    if (this.first > 16 && this.first * 2 > this.items.length) {
      this.items = this.items.slice(this.first);
      this.first = 0;
    }
    return item;
  }
}

class Key extends Line<FeedEntry> {
  readonly waiting = new Set<RingWaiter>();
}

/**
 * The newest messages of a stream, bounded by count and by bytes of their text, with those of each key at hand. It also knows the
 * last version of each aggregate (the newest `2 × count` of them), by which it tells a message that was published twice.
 */
export class FeedRing {
  /** The first sequence from which on nothing is missing here. */
  from = 1;
  /** The last sequence that was seen. */
  head = 0;
  bytes = 0;
  readonly #bound: { readonly count: number; readonly bytes: number };
  #kept = new Line<Kept>();
  #keys = new Map<string, Key>();
  #versions = new Map<string, SeenVersion>();
  /** What was known of versions before a part of the stream was left out. */
  #before = new Map<string, SeenVersion>();
  /** By the sequence of a repetition: that of the event's first place. */
  #repeats = new Map<number, number>();

  constructor(bound: { readonly count: number; readonly bytes: number }) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#kept.size;
  }

  get keyCount(): number {
    return this.#keys.size;
  }

  /** @param bytes of the message's text */
  push(
    event: EventEnvelope,
    place: { sequence: number; bytes: number; arrivedAt: number | undefined },
    keys: Iterable<string>,
  ): void {
    const { sequence, bytes, arrivedAt } = place;
    const repeatOf = this.#see(event, sequence);
    if (repeatOf === undefined) {
      this.pass(sequence);
      return;
    }
    const entry = { sequence, event, arrivedAt, repeatOf };
    const kept: Kept = { entry, keys: [...new Set(keys)], bytes };
    this.head = sequence;
    this.#kept.items.push(kept);
    this.bytes += bytes;
    for (const name of kept.keys) {
      const key = this.#keyOf(name);
      key.items.push(entry);
      // Whoever waits has all of the key's that came before.
      for (const waiter of takeAll(key.waiting)) waiter.wake(sequence - 1);
    }
    while (this.size > this.#bound.count || (this.bytes > this.#bound.bytes && this.size > 1)) this.#evict();
  }

  /** A message that is nobody's. */
  pass(sequence: number): void {
    this.head = sequence;
    if (this.size === 0) this.from = sequence + 1;
  }

  /** Goes on at a sequence further on, empty: what is between never comes here. Those who wait have missed nothing before it. */
  skipTo(sequence: number): void {
    const upTo = this.head;
    this.#before = this.#versions;
    this.#versions = new Map();
    this.#emptyAt(sequence, upTo);
  }

  /** Begins anew, with another stream: nothing that was known is true of it. */
  beginAt(sequence: number): void {
    this.#before = new Map();
    this.#versions = new Map();
    this.#repeats.clear();
    this.#emptyAt(sequence, 0);
  }

  #emptyAt(sequence: number, upTo: number): void {
    this.#kept = new Line();
    this.bytes = 0;
    this.from = sequence;
    this.head = sequence - 1;
    const keys = this.#keys;
    this.#keys = new Map();
    for (const { waiting } of keys.values()) for (const waiter of takeAll(waiting)) waiter.wake(upTo);
  }

  /** The first entry of a key behind a sequence. */
  next(name: string, sequence: number): FeedEntry | undefined {
    const key = this.#keys.get(name);
    if (key === undefined) return undefined;
    const { items } = key;
    let low = key.first;
    let high = items.length;
    // Most look for the last one.
    if (high > low && items[high - 1]!.sequence <= sequence) return undefined;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (items[middle]!.sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return items[low];
  }

  /** The newest entry of a key. */
  last(name: string): FeedEntry | undefined {
    const key = this.#keys.get(name);
    return key && key.size > 0 ? key.items.at(-1) : undefined;
  }

  wait(name: string, waiter: RingWaiter): void {
    this.#keyOf(name).waiting.add(waiter);
  }

  stopWaiting(name: string, waiter: RingWaiter): void {
    const key = this.#keys.get(name);
    if (key?.waiting.delete(waiter) === true) this.#dropIfIdle(name, key);
  }

  seen(aggregateId: string): SeenVersion | undefined {
    return this.#versions.get(aggregateId);
  }

  /** Where an event that the database has at this sequence stood before; 0 when it did not, or nobody knows. */
  repeatOf(sequence: number, { id, aggregateId }: EventEnvelope): number {
    const known = this.#repeats.get(sequence);
    if (known !== undefined) return known;
    const before = this.#before.get(aggregateId);
    return before !== undefined && before.id === id && before.sequence < sequence ? before.sequence : 0;
  }

  /** @returns 0 for an event that is new, its first place for a repetition, undefined for one that is of no use to anybody */
  #see(event: EventEnvelope, sequence: number): number | undefined {
    const { aggregateId, aggregateVersion: version, id, occurredAt } = event;
    const last = this.#versions.get(aggregateId);
    if (last !== undefined && isRepeat(event, last)) {
      if (version < last.version || last.isRepeated) return undefined;
      this.#versions.set(aggregateId, { ...last, isRepeated: true });
      this.#repeats.set(sequence, last.sequence);
      if (this.#repeats.size > this.#bound.count) dropOldest(this.#repeats);
      return last.sequence;
    }
    this.#versions.delete(aggregateId);
    this.#versions.set(aggregateId, { id, version, sequence, occurredAt, isRepeated: false });
    if (this.#versions.size > 2 * this.#bound.count) dropOldest(this.#versions);
    return 0;
  }

  #evict(): void {
    const kept = this.#kept.shift();
    if (kept === undefined) return;
    this.bytes -= kept.bytes;
    this.from = kept.entry.sequence + 1;
    for (const name of kept.keys) {
      const key = this.#keys.get(name);
      key?.shift();
      if (key) this.#dropIfIdle(name, key);
    }
  }

  #keyOf(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = new Key();
      this.#keys.set(name, key);
    }
    return key;
  }

  #dropIfIdle(name: string, key: Key): void {
    if (key.size === 0 && key.waiting.size === 0) this.#keys.delete(name);
  }
}

/** A service whose database was begun anew counts from 1 again under the same names: those events are new, and later. */
function isRepeat(event: EventEnvelope, last: SeenVersion): boolean {
  if (event.aggregateVersion > last.version) return false;
  return event.id === last.id || event.occurredAt <= last.occurredAt;
}

function takeAll<Item>(set: Set<Item>): Item[] {
  const items = [...set];
  set.clear();
  return items;
}

function dropOldest(map: Map<unknown, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
