import type { FeedEntry } from './feed-ring.ts';
import type { FeedStore, SequenceRange, StoredEvents } from './feed-store.ts';
import type { EventEnvelope } from './events.ts';
import { pause } from './bell.ts';

/** A part of a subscriber's past: its entries up to `until`. */
export interface PastPage {
  readonly entries: readonly FeedEntry[];
  readonly until: number;
}

/** Sequences of one window, which all subscribers that are in it read together. */
const WINDOW = 500;
/** Windows kept, for those who come a little later. */
const WINDOWS_KEPT = 8;
/** Windows read at one time. */
const CONCURRENCY = 2;
/**
 * More than the events that a relay has published without having noted it. Only a part of the stream that ends nearer to its end than
 * this can lack some.
 */
const UNNOTED = 1_024;
const UNNOTED_TRIES = 20;
const UNNOTED_PAUSE_MS = 50;

interface Window {
  readonly byKey: ReadonlyMap<string, readonly FeedEntry[]>;
  readonly until: number;
}

interface Asked {
  readonly resolve: (window: Window) => void;
  readonly reject: (error: unknown) => void;
}

/** What the feed knows of the stream at present. */
export interface PastOf {
  /** Undefined while no stream is known. */
  since(): Date | undefined;
  /** The past ends where the ring begins. */
  until(): number;
  head(): number;
  repeatOf(sequence: number, event: EventEnvelope): number;
  keysOf(event: EventEnvelope): readonly string[];
}

/**
 * The stream's past, from the database. What is asked of known aggregates is looked up; else windows of the whole stream are
 * read, each once for all who are in it, from low to high and around again, so that the number of subscribers does not matter.
 */
export class FeedPast {
  /** How often the database was asked, for one subscriber or many. */
  reads = 0;
  readonly #store: FeedStore;
  readonly #of: PastOf;
  readonly #asked = new Map<number, Asked[]>();
  readonly #windows = new Map<string, Window>();
  #running = 0;
  #lastWindow = -1;

  constructor(store: FeedStore, of: PastOf) {
    this.#store = store;
    this.#of = of;
  }

  /** All that lies behind a sequence at this moment, for `ofAggregates`. */
  rangeBehind(after: number): SequenceRange {
    return this.#rangeBehind(after, Number.POSITIVE_INFINITY);
  }

  /** All of what these aggregates did within a range; one that is looked up after the range was taken is in it or later. */
  async ofAggregates(aggregateIds: readonly string[], range: SequenceRange): Promise<PastPage> {
    this.reads += 1;
    const { events } = await this.#whole(range, () => this.#store.ofAggregates(aggregateIds, range));
    return { entries: this.#entriesOf(events), until: range.until };
  }

  /** The next window behind a sequence, as far as it is of a key. */
  async ofKey(key: string, after: number): Promise<PastPage> {
    const { byKey, until } = await this.#window(Math.floor(after / WINDOW));
    return { entries: (byKey.get(key) ?? []).filter(({ sequence }) => sequence > after), until };
  }

  /** Another stream: what was read is nobody's past any more. */
  forget(): void {
    this.#windows.clear();
  }

  #window(number: number): Promise<Window> {
    const known = this.#windows.get(this.#nameOf(number));
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const asked = this.#asked.get(number);
      if (asked) asked.push({ resolve, reject });
      else this.#asked.set(number, [{ resolve, reject }]);
      if (this.#running < CONCURRENCY) void this.#readWhatIsAsked();
    });
  }

  async #readWhatIsAsked(): Promise<void> {
    this.#running += 1;
    for (let number = this.#nextAsked(); number !== undefined; number = this.#nextAsked()) {
      const asked = this.#asked.get(number) ?? [];
      this.#asked.delete(number);
      this.#lastWindow = number;
      try {
        const window = await this.#readWindow(number);
        for (const { resolve } of asked) resolve(window);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
      // Those who got theirs ask for the next one now, and find company.
      await new Promise(setImmediate);
    }
    this.#running -= 1;
  }

  #nextAsked(): number | undefined {
    let lowest: number | undefined;
    let next: number | undefined;
    for (const number of this.#asked.keys()) {
      if (lowest === undefined || number < lowest) lowest = number;
      if (number > this.#lastWindow && (next === undefined || number < next)) next = number;
    }
    return next ?? lowest;
  }

  async #readWindow(number: number): Promise<Window> {
    const range = this.#rangeBehind(number * WINDOW, WINDOW);
    this.reads += 1;
    const { events } = await this.#whole(range, () => this.#store.window(range));
    const byKey = new Map<string, FeedEntry[]>();
    for (const entry of this.#entriesOf(events)) {
      for (const key of new Set(this.#of.keysOf(entry.event))) {
        const own = byKey.get(key);
        if (own) own.push(entry);
        else byKey.set(key, [entry]);
      }
    }
    const window = { byKey, until: range.until };
    if (range.until === (number + 1) * WINDOW) {
      this.#windows.set(this.#nameOf(number), window);
      for (const name of this.#windows.keys()) {
        if (this.#windows.size <= WINDOWS_KEPT) break;
        this.#windows.delete(name);
      }
    }
    return window;
  }

  #rangeBehind(after: number, size: number): SequenceRange {
    const since = this.#of.since();
    const until = Math.max(after, Math.min(after + size, this.#of.until()));
    return { after, until, since: since ?? new Date() };
  }

  async #whole(range: SequenceRange, read: () => Promise<StoredEvents>): Promise<StoredEvents> {
    for (let tries = 1; ; tries++) {
      const found = await read();
      const isOld = range.until <= this.#of.head() - UNNOTED;
      if (!found.mayLack || isOld || tries === UNNOTED_TRIES) return found;
      await pause(UNNOTED_PAUSE_MS);
    }
  }

  #entriesOf(events: StoredEvents['events']): FeedEntry[] {
    return events.map(({ sequence, event }) => ({
      sequence,
      event,
      arrivedAt: undefined,
      repeatOf: this.#of.repeatOf(sequence, event),
    }));
  }

  #nameOf(number: number): string {
    return `${this.#of.since()?.getTime() ?? ''}:${number}`;
  }
}
