import { pause, retryDelay } from './bell.ts';
import { isDatabaseFault } from './database-fault.ts';
import { unavailable } from './errors.ts';
import type { EventEnvelope } from './events.ts';
import { VersionMissing } from './event-states.ts';
import type { Feed, Topic } from './feed.ts';
import type { FeedCursor } from './feed-cursor.ts';
import type { FeedEntry } from './feed-ring.ts';
import { LiveEvent, LivePlace, type Resumed } from './live-event.ts';
import { placeSnapshot } from './snapshot-place.ts';
import { throughFaults } from './through-faults.ts';

export interface LiveVersionsOptions<State> {
  readonly feed: Feed;
  readonly topic: Topic;
  /** The place that the subscriber came back with. */
  readonly resumeFrom: string | undefined;
  /** Asked first, where it could not be before: throws for one who may not follow this. */
  readonly admit?: (() => Promise<void>) | undefined;
  /** The present states, one per aggregate. */
  readonly snapshot: () => Promise<readonly State[]>;
  /** Version 0: the state of an aggregate that nothing has happened to. */
  readonly versionOf: (state: State) => { readonly aggregateId: string; readonly version: number };
  /** The state that an event leads to; undefined for one that this subscriber is not to see. */
  readonly stateOf: (event: EventEnvelope) => State | undefined | Promise<State | undefined>;
}

/** The joined states; `return()` ends it at once, also while the next event is waited for. */
export interface LiveVersions<State> extends AsyncIterableIterator<LiveEvent<State> | LivePlace, void, undefined> {
  return(): Promise<IteratorResult<LiveEvent<State> | LivePlace, void>>;
}

/** A subscriber who comes while the broker is away is told the present state after so long, in milliseconds. */
const SETTLE_WITHIN_MS = 2_000;
/** How long a new subscriber waits for the database before it is told that there is none, in milliseconds. */
const DATABASE_WITHIN_MS = 10_000;
/** Looks at a database that has less than the feed has seen. */
const STALE_TRIES = 20;
/** Of those that it has less of, so many stand in the log. */
const AGGREGATES_LOGGED = 5;

/**
 * Joins what is there with what comes: the snapshot's states, then every later version of each aggregate, each once and in order,
 * with the subscriber's place in each message; or, for one that came back, what it missed.
 *
 * The place is taken first, at the end of what the feed has seen, then the snapshot: the other way round an event in between would
 * be nobody's. What the snapshot has beyond that place is skipped when its event comes; until then the place says so.
 */
export function liveVersions<State>(options: LiveVersionsOptions<State>): LiveVersions<State> {
  return new Joined(options);
}

class Joined<State> implements LiveVersions<State> {
  readonly #options: LiveVersionsOptions<State>;
  #cursor: FeedCursor | undefined;
  #hasEnded = false;
  #stage: 'new' | 'lost' | 'following' = 'new';
  /** Of the snapshot, what is still to be told. */
  #states: readonly State[] | undefined;
  #told = 0;
  #ahead: Map<string, number> | undefined;
  /** What a snapshot lacked that had to be told all the same. */
  #behind: Map<string, number> | undefined;
  #resumed: Resumed | undefined;
  /** The subscriber does not know its place yet. */
  #isPlaceNews = false;

  constructor(options: LiveVersionsOptions<State>) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<LiveEvent<State> | LivePlace, void>> {
    try {
      return await this.#next();
    } catch (error) {
      const wasOver = this.#isOver();
      const end = await this.return();
      if (wasOver) return end;
      throw isDatabaseFault(error) ? unavailable(error) : error;
    }
  }

  async #next(): Promise<IteratorResult<LiveEvent<State> | LivePlace, void>> {
    for (;;) {
      if (this.#hasEnded) return { value: undefined, done: true };
      if (this.#stage !== 'following') {
        await this.#begin();
        continue;
      }
      if (this.#states) return { value: this.#nextOfSnapshot(this.#states), done: false };
      const cursor = this.#cursor!;
      const found = cursor.peek();
      if (found === 'changed') {
        this.#stage = 'lost';
      } else if (found === 'behind') {
        await throughFaults(() => cursor.catchUp(), this.#isOver);
      } else if (found !== undefined) {
        const state = await this.#stateOf(found);
        if (state !== undefined && !this.#isOver()) return { value: this.#message(found, state), done: false };
      } else {
        const place = this.#placeIfNews();
        if (place) return { value: place, done: false };
        await cursor.wait();
        if (cursor.hasEnded) this.#hasEnded = true;
      }
    }
  }

  async return(): Promise<IteratorResult<LiveEvent<State> | LivePlace, void>> {
    this.#hasEnded = true;
    this.#states = undefined;
    this.#cursor?.end();
    return { value: undefined, done: true };
  }

  readonly #isOver = (): boolean => this.#hasEnded || this.#cursor?.hasEnded === true;

  async #begin(): Promise<void> {
    const { feed, topic, resumeFrom, admit } = this.#options;
    const cursor = (this.#cursor ??= feed.follow(topic));
    const comesBack = this.#stage === 'new' && resumeFrom !== undefined;
    if (admit && this.#stage === 'new') {
      await throughFaults(admit, this.#isOver, comesBack ? undefined : DATABASE_WITHIN_MS);
    }
    // One that comes back has a state already, so it can wait for the broker.
    await feed.settled(comesBack || this.#stage === 'lost' ? undefined : SETTLE_WITHIN_MS);
    if (this.#isOver()) {
      this.#hasEnded = true;
      return;
    }
    this.#resumed = undefined;
    if (comesBack) {
      const ahead = await feed.resume(cursor, resumeFrom);
      this.#resumed = ahead ? 'exact' : 'snapshot';
      if (ahead) this.#ahead = ahead.size > 0 ? new Map(ahead) : undefined;
    } else if (this.#stage === 'lost') {
      this.#resumed = 'snapshot';
    }
    if (this.#resumed) feed.countResumed(this.#resumed);
    if (this.#resumed !== 'exact') await this.#readSnapshot(cursor, comesBack);
    this.#isPlaceNews = true;
    this.#stage = 'following';
  }

  async #readSnapshot(cursor: FeedCursor, comesBack: boolean): Promise<void> {
    const { feed, snapshot, versionOf } = this.#options;
    const withinMs = this.#stage === 'new' && !comesBack ? DATABASE_WITHIN_MS : undefined;
    for (let tries = 1; !this.#isOver(); tries++) {
      cursor.place();
      const { states, ahead, behind } = await throughFaults(
        async () => {
          const read = await snapshot();
          return { states: read, ...(await placeSnapshot(feed, cursor, read.map(versionOf))) };
        },
        this.#isOver,
        withinMs,
      );
      if (cursor.peek() === 'changed') {
        await feed.settled();
        continue;
      }
      if (behind.size > 0) {
        if (tries < STALE_TRIES) {
          await pause(retryDelay(tries, 5, 250));
          continue;
        }
        feed.log.warn(
          { aggregates: [...behind.keys()].slice(0, AGGREGATES_LOGGED) },
          'the database stays behind the stream, a subscriber is told what it has',
        );
      }
      this.#ahead = ahead.size > 0 ? ahead : undefined;
      this.#behind = behind.size > 0 ? behind : undefined;
      this.#states = states.length > 0 ? states : undefined;
      this.#told = 0;
      return;
    }
  }

  #nextOfSnapshot(states: readonly State[]): LiveEvent<State> {
    const state = states[this.#told++]!;
    const resumed = this.#takeResumed();
    if (this.#told < states.length) return new LiveEvent(state, { resumed });
    this.#states = undefined;
    this.#skipKnown();
    const position = this.#position();
    this.#isPlaceNews = position === undefined;
    return new LiveEvent(state, { resumed, position });
  }

  /** The state that an entry tells of, past the entry; undefined for what the subscriber has or does not see. */
  async #stateOf(entry: FeedEntry): Promise<State | undefined> {
    const { event } = entry;
    const cursor = this.#cursor!;
    if (this.#isKnown(event)) {
      cursor.pass(entry);
      this.#settle(event);
      return undefined;
    }
    if (this.#lacksBefore(event)) {
      this.#stage = 'lost';
      return undefined;
    }
    const state = await this.#madeOf(event);
    // While the state was made the stream may have become another one.
    if (this.#stage === 'lost' || cursor.peek() !== entry) return undefined;
    cursor.pass(entry);
    this.#settle(event);
    return state;
  }

  async #madeOf(event: EventEnvelope): Promise<State | undefined> {
    const { feed, stateOf } = this.#options;
    try {
      return await throughFaults(() => stateOf(event), this.#isOver);
    } catch (error) {
      if (!(error instanceof VersionMissing)) throw error;
      // It would be missing the next time, too: whoever follows goes on behind it.
      feed.log.warn({ err: error }, 'the subscriber of an event that the database lacks gets the present state again');
      this.#stage = 'lost';
      return undefined;
    }
  }

  #message({ event, arrivedAt }: FeedEntry, state: State): LiveEvent<State> {
    const position = this.#position();
    this.#isPlaceNews = position === undefined;
    const occurredAt = Date.parse(event.occurredAt);
    return new LiveEvent(state, {
      position,
      resumed: this.#takeResumed(),
      occurredAt: Number.isNaN(occurredAt) ? undefined : occurredAt,
      arrivedAt,
    });
  }

  #placeIfNews(): LivePlace | undefined {
    if (!this.#isPlaceNews) return undefined;
    const position = this.#position();
    // Where there is no stream yet there will be one: the place is told then.
    if (position === undefined) return undefined;
    this.#isPlaceNews = false;
    return new LivePlace(position, this.#takeResumed());
  }

  /** Passes what came while the snapshot was read and is in it. */
  #skipKnown(): void {
    const cursor = this.#cursor!;
    for (;;) {
      const found = cursor.peek();
      if (typeof found !== 'object' || !this.#isKnown(found.event)) return;
      cursor.pass(found);
      this.#settle(found.event);
    }
  }

  #isKnown({ aggregateId, aggregateVersion }: EventEnvelope): boolean {
    return aggregateVersion <= (this.#ahead?.get(aggregateId) ?? 0);
  }

  /** There are versions between what a snapshot had and this event; they are behind the subscriber's place. */
  #lacksBefore({ aggregateId, aggregateVersion }: EventEnvelope): boolean {
    return aggregateVersion > (this.#behind?.get(aggregateId) ?? Infinity) + 1;
  }

  /** The feed has come to what the subscriber had before, or lacked. */
  #settle({ aggregateId, aggregateVersion }: EventEnvelope): void {
    if (this.#behind && aggregateVersion > (this.#behind.get(aggregateId) ?? Infinity)) {
      // The database was set back, and goes on from there.
      this.#behind.delete(aggregateId);
      if (this.#behind.size === 0) {
        this.#behind = undefined;
        this.#isPlaceNews = true;
      }
    }
    if (this.#ahead === undefined || aggregateVersion < (this.#ahead.get(aggregateId) ?? Infinity)) return;
    this.#ahead.delete(aggregateId);
    if (this.#ahead.size > 0) return;
    this.#ahead = undefined;
    this.#isPlaceNews = true;
  }

  #position(): string | undefined {
    const { isPlaced, sequence } = this.#cursor!;
    // A sequence of the stream that was is no place in the one that is.
    if (!isPlaced) return undefined;
    return this.#options.feed.positionAt(sequence, this.#behind ? 'lacking' : this.#ahead);
  }

  #takeResumed(): Resumed | undefined {
    const resumed = this.#resumed;
    this.#resumed = undefined;
    return resumed;
  }
}
