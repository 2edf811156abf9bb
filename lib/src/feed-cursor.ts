import type { FeedPast } from './feed-past.ts';
import type { FeedEntry, FeedRing, RingWaiter } from './feed-ring.ts';

/** What a subscriber follows. */
export interface Topic {
  /** One of those that the feed finds for an event (`keysOf`). */
  readonly key: string;
  /**
   * The only aggregates whose events can have the key, where they can be told: a subscriber who was away for long then looks up
   * theirs; else it passes through all of the stream. Undefined: they are too many.
   */
  readonly aggregates?: () => readonly string[] | undefined | Promise<readonly string[] | undefined>;
}

/** What cursors see of their feed. */
export interface CursorOf {
  readonly ring: FeedRing;
  readonly past: FeedPast;
  /** Changes whenever sequences no longer mean what they meant. */
  epoch: number;
  /** Called once for each cursor. */
  ended(cursor: FeedCursor): void;
}

/**
 * A subscriber's place: a key and a sequence. It holds nothing back at the feed: entries stay in the ring for as long as they do, and
 * whoever comes too late for one reads it in the database.
 */
export class FeedCursor implements RingWaiter {
  /** All of the topic's up to here was taken. */
  sequence = 0;
  hasEnded = false;
  readonly #of: CursorOf;
  readonly #topic: Topic;
  #epoch: number;
  #page: readonly FeedEntry[] | undefined;
  #pagePlace = 0;
  #pageEnd = 0;
  /** The last stretch that was read in the database, where a repeated event stands at its last place and not at its first. */
  #readFrom = 0;
  #readTo = 0;
  #wake: (() => void) | undefined;

  constructor(of: CursorOf, topic: Topic) {
    this.#of = of;
    this.#topic = topic;
    this.#epoch = of.epoch;
    this.sequence = of.ring.head;
  }

  /** Whether its sequence is one of the stream as it is now. */
  get isPlaced(): boolean {
    return this.#epoch === this.#of.epoch;
  }

  /** Goes on behind a sequence of the stream as it is now. @default the end of what the feed has seen */
  place(sequence = this.#of.ring.head): void {
    this.#epoch = this.#of.epoch;
    this.sequence = sequence;
    this.#page = undefined;
    this.#readFrom = 0;
    this.#readTo = 0;
  }

  /** The next entry without moving there. `behind`: `catchUp` has it. `changed`: the place means nothing any more. */
  peek(): FeedEntry | 'behind' | 'changed' | undefined {
    const { ring } = this.#of;
    if (!this.isPlaced) return 'changed';
    for (;;) {
      const entry = this.#peekAny();
      if (entry === undefined) break;
      if (entry === 'behind' || this.#isNews(entry)) return entry;
      this.pass(entry);
    }
    // Nothing of the key is left, so this is as good a place as any before it.
    this.sequence = Math.max(this.sequence, ring.head);
    return undefined;
  }

  /** Moves behind an entry that `peek` gave. */
  pass(entry: FeedEntry): void {
    this.sequence = entry.sequence;
    if (this.#page) this.#pagePlace += 1;
  }

  /** Waits for an entry, a change or the end; to be called when `peek` has just given nothing. */
  wait(): Promise<void> {
    if (this.hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#of.ring.wait(this.#topic.key, this);
    });
  }

  wake(upTo: number): void {
    this.sequence = Math.max(this.sequence, upTo);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Reads the next part of what is no longer in the ring. */
  async catchUp(): Promise<void> {
    const { past } = this.#of;
    const { key, aggregates } = this.#topic;
    const epoch = this.#epoch;
    const after = this.sequence;
    // First the range: an aggregate that begins while they are looked up comes behind it.
    const range = past.rangeBehind(after);
    const ids = await aggregates?.();
    const { entries, until } = ids ? await past.ofAggregates(ids, range) : await past.ofKey(key, after);
    if (this.#epoch !== epoch || epoch !== this.#of.epoch) return;
    this.#page = entries;
    this.#pagePlace = 0;
    this.#pageEnd = Math.max(until, after);
    if (this.#readTo !== after) this.#readFrom = after;
    this.#readTo = this.#pageEnd;
  }

  /** The lowest version of an aggregate that is still to come from the ring. */
  firstVersionOf(aggregateId: string): number | undefined {
    let at = this.sequence;
    for (;;) {
      const entry = this.#of.ring.next(this.#topic.key, at);
      if (entry === undefined || entry.event.aggregateId === aggregateId) return entry?.event.aggregateVersion;
      at = entry.sequence;
    }
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#of.ring.stopWaiting(this.#topic.key, this);
    this.#of.ended(this);
    this.#wake?.();
    this.#wake = undefined;
    this.#page = undefined;
  }

  #peekAny(): FeedEntry | 'behind' | undefined {
    const { ring } = this.#of;
    if (this.#page) {
      const entry = this.#page[this.#pagePlace];
      if (entry !== undefined) return entry;
      this.#page = undefined;
      this.sequence = Math.max(this.sequence, this.#pageEnd);
    }
    if (this.sequence + 1 < ring.from) return 'behind';
    return ring.next(this.#topic.key, this.sequence);
  }

  /** A repetition is news only where the first place of its event lies in what was read in the database, which has it here alone. */
  #isNews({ repeatOf }: FeedEntry): boolean {
    return repeatOf === 0 || (repeatOf > this.#readFrom && repeatOf <= this.#readTo);
  }
}
