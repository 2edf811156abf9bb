import { Events } from 'nats';
import type { JsMsg, NatsConnection, QueuedIterator, Status } from 'nats';
import type { Logger } from 'pino';
import { pause, retryDelay } from './bell.ts';
import { parseEnvelope } from './events.ts';
import type { EventEnvelope } from './events.ts';
import { FeedCursor, type CursorOf, type Topic } from './feed-cursor.ts';
import { FeedPast } from './feed-past.ts';
import { FeedRing, type SeenVersion } from './feed-ring.ts';
import { createStreamLook, isSameLife, lifeOf, type StreamLife } from './feed-life.ts';
import { readOnwards, streamState, type StreamState } from './feed-source.ts';
import type { FeedStore } from './feed-store.ts';
import { Gate } from './gate.ts';
import { parsePosition, positionText, type Beyond } from './live-position.ts';
import { createReadingLog } from './reading-log.ts';
import { hasApiCode, JetStreamErrorCode, type Nats } from './streams.ts';

export type { Topic } from './feed-cursor.ts';

export interface FeedOptions<Event extends EventEnvelope = EventEnvelope> {
  readonly nats: Nats;
  readonly stream: string;
  readonly log: Logger;
  /** The keys under which subscribers find an event. */
  readonly keysOf: (event: Event) => readonly string[];
  /** The stream's past, for those who are behind the ring. */
  readonly store: FeedStore;
  /** Messages in the ring, and the bytes of their text. @default 10,000 messages, 32 MiB */
  readonly bound?: { readonly count: number; readonly bytes: number };
}

/** What the feed counts, beside what it has. */
export interface FeedCounts {
  readonly subscribers: number;
  readonly ringEvents: number;
  readonly ringBytes: number;
  readonly catchUpReads: number;
  /** Subscriptions that came back, or had to begin anew, by how they go on. */
  readonly resumed: { exact: number; snapshot: number };
}

export interface Feed {
  readonly stream: string;
  readonly log: Logger;
  readonly counts: FeedCounts;
  /** Begins in the background; neither the broker nor the stream need be there yet. */
  start(): Promise<void>;
  /** A subscriber of its own at the end of what was seen. */
  follow(topic: Topic): FeedCursor;
  /** Resolves when the feed knows its stream, or that there is none yet; after `withinMs` anyway. */
  settled(withinMs?: number): Promise<void>;
  /** The place behind a sequence as text; undefined while no stream is known. */
  positionAt(sequence: number, ahead?: Beyond): string | undefined;
  /**
   * Moves a subscriber to the place that it came back with.
   *
   * @returns the versions beyond that it has already; undefined, and it stays, when the stream can't go on from there
   */
  resume(cursor: FeedCursor, position: string): Promise<ReadonlyMap<string, number> | undefined>;
  /** The last version that was seen of an aggregate, as far as it is remembered. */
  seen(aggregateId: string): SeenVersion | undefined;
  /** The newest event of a key that is in the ring. */
  lastOf(key: string): EventEnvelope | undefined;
  /** Where the broker put a version; 0: in an earlier life of the stream; undefined when that isn't known, or not yet. */
  sequenceOf(aggregateId: string, version: number): Promise<number | undefined>;
  countResumed(outcome: 'exact' | 'snapshot'): void;
  /** Messages at the broker that were not read yet. */
  lag(): Promise<number>;
  /** Ends every subscriber and the feed. */
  drain(): Promise<void>;
}

const DEFAULT_BOUND = { count: 10_000, bytes: 32 * 1024 * 1024 };
/** The longest pause between tries to read, in milliseconds; a stream that was never there is made with its first event. */
const RETRY_MS = 2_000;
const MISSING_RETRY_MS = 250;

/**
 * Hands the events of a stream to any number of subscribers in this process from one consumer at the broker. The newest are in a
 * ring, begun with the stream's last messages; whoever is behind it reads the database of the stream's owner. Nobody waits for
 * anybody, and nothing is missed, whatever the broker goes through.
 */
export function createFeed<Event extends EventEnvelope = EventEnvelope>({
  nats,
  stream,
  log: parentLog,
  keysOf,
  store,
  bound = DEFAULT_BOUND,
}: FeedOptions<Event>): Feed {
  const log = parentLog.child({ feed: stream });
  const readingLog = createReadingLog('the feed', log);
  const stopped = new AbortController();
  const untilStopped = new Promise<undefined>((resolve) => {
    stopped.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const ring = new FeedRing(bound);
  const keys = (event: EventEnvelope): readonly string[] => keysOf(event as Event);
  let life: StreamLife | undefined;
  let phase: 'starting' | 'missing' | 'priming' | 'reading' = 'starting';
  let primedAt = 0;
  /** The event at the ring's head, by which a stream is recognized. */
  let headId: string | undefined;
  let connection: NatsConnection | undefined;
  const look = createStreamLook(stream, () => connection);
  const whenSettled = new Gate();
  let running: Promise<void> | undefined;
  const cursors = new Set<FeedCursor>();
  const resumed = { exact: 0, snapshot: 0 };
  const past = new FeedPast(store, {
    since: () => life && new Date(life.state.created),
    until: () => ring.from - 1,
    head: () => ring.head,
    repeatOf: (sequence, event) => ring.repeatOf(sequence, event),
    keysOf: keys,
  });

  const of: CursorOf = {
    ring,
    past,
    epoch: 0,
    ended(cursor) {
      cursors.delete(cursor);
    },
  };

  async function readUntilStopped(): Promise<void> {
    const nc = await Promise.race([nats, untilStopped]);
    connection = nc;
    for (let attempt = 0; nc && !stopped.signal.aborted && !nc.isClosed(); attempt++) {
      try {
        await readOnce(nc);
        attempt = 0;
      } catch (error) {
        if (phase === 'starting' && hasApiCode(error, JetStreamErrorCode.StreamNotFound)) settle('missing');
        readingLog.cannotRead(error);
      }
      await pause(retryDelay(attempt, 50, phase === 'missing' ? MISSING_RETRY_MS : RETRY_MS), stopped.signal);
    }
  }

  async function readOnce(nc: NatsConnection): Promise<void> {
    const state = await streamState(nc, stream);
    const from = await beginAt(nc, state);
    primedAt = state.last;
    // Listened to from before the consumer is made: a connection that breaks meanwhile is heard of.
    // The client's iterator can be stopped, though its type does not say so.
    const status = nc.status() as QueuedIterator<Status>;
    try {
      const reading = await readOnwards(nc, { stream, from, created: state.created, onMessage });
      readingLog.reads();
      if (phase !== 'reading' && reading.waiting === 0) primed();
      await Promise.race([reading.ended, untilReconnected(status), untilStopped]);
      await reading.close();
    } finally {
      status.stop();
    }
  }

  /** Where to read on in the stream as it is now: behind what was seen, or, in another one, where a ring of it begins. */
  async function beginAt(nc: NatsConnection, state: StreamState): Promise<number> {
    const ringStart = Math.max(state.first, state.last - bound.count + 1);
    const { head } = ring;
    if (life && (await isSameLife(nc, stream, { before: life.state, now: state, head, headId }))) {
      life = { name: life.name, state };
      if (phase !== 'reading') {
        ring.beginAt(ringStart);
        return ringStart;
      }
      // What was purged, or is more than a ring holds, is the database's.
      const from = Math.max(head + 1, ringStart);
      if (from > head + 1) {
        headId = undefined;
        ring.skipTo(from);
      }
      return from;
    }
    const isFirst = life === undefined;
    life = lifeOf(stream, state, life);
    if (!isFirst) log.warn({ stream: life.name }, 'the stream was begun anew, subscribers get the present state again');
    past.forget();
    headId = undefined;
    if (isFirst && phase === 'missing') {
      // Subscribers who came before the stream have seen nothing of it, and miss nothing.
      const start = state.last - state.first < bound.count ? state.first : ringStart;
      ring.beginAt(start);
      phase = 'reading';
      return start;
    }
    phase = 'priming';
    of.epoch += 1;
    ring.beginAt(ringStart);
    return ringStart;
  }

  /** What the broker sent into a connection that was already dead is lost, and nothing says so until the next message. */
  async function untilReconnected(status: AsyncIterable<Status>): Promise<void> {
    for await (const { type } of status) if (type === Events.Reconnect) return;
  }

  function onMessage(message: JsMsg): void {
    const { seq: sequence } = message;
    try {
      const event = parseEnvelope(message.string());
      headId = event.id;
      const arrivedAt = phase === 'reading' ? performance.now() : undefined;
      ring.push(event, { sequence, bytes: message.data.length, arrivedAt }, keys(event));
    } catch (error) {
      headId = undefined;
      ring.pass(sequence);
      log.warn({ err: error, sequence }, 'a message of the feed is no event, it is passed over');
    }
    if (phase === 'priming' && (sequence >= primedAt || message.info.pending === 0)) primed();
  }

  function primed(): void {
    if (ring.head < primedAt) {
      ring.pass(primedAt);
      headId = undefined;
    }
    settle('reading');
  }

  function settle(reached: 'missing' | 'reading'): void {
    phase = reached;
    whenSettled.open();
    if (reached === 'missing') return;
    // Those who would not wait that long stand somewhere in the stream's past now.
    of.epoch += 1;
    for (const cursor of cursors) cursor.wake(0);
  }

  /** Whether the stream has all that comes behind a sequence: it was not cut beyond it, and not set back before it. */
  async function goesOnFrom(sequence: number): Promise<boolean> {
    if (sequence + 1 < ring.from) {
      const state = (await look.state()) ?? life?.state;
      return state !== undefined && state.first <= sequence + 1;
    }
    if (sequence <= ring.head) return true;
    // Another replica's feed had seen more than this one.
    const state = await look.state(({ last }) => last >= sequence);
    return state === undefined || state.last >= sequence;
  }

  return {
    stream,
    log,
    counts: {
      get subscribers() {
        return cursors.size;
      },
      get ringEvents() {
        return ring.size;
      },
      get ringBytes() {
        return ring.bytes;
      },
      get catchUpReads() {
        return past.reads;
      },
      resumed,
    },
    async start() {
      running ??= readUntilStopped();
      running.catch((error: unknown) => log.error({ err: error }, 'the feed ended'));
    },
    follow(topic) {
      const cursor = new FeedCursor(of, topic);
      cursors.add(cursor);
      if (stopped.signal.aborted) cursor.end();
      return cursor;
    },
    async settled(withinMs) {
      if (phase === 'reading' || phase === 'missing' || stopped.signal.aborted) return;
      await whenSettled.wait(withinMs);
    },
    positionAt: (sequence, ahead) => life && positionText(life.name, sequence, ahead),
    async resume(cursor, text) {
      const position = parsePosition(text);
      if (position === undefined || position.stream !== life?.name) return undefined;
      if (!(await goesOnFrom(position.sequence)) || position.stream !== life?.name) return undefined;
      cursor.place(position.sequence);
      return position.ahead;
    },
    seen: (aggregateId) => ring.seen(aggregateId),
    lastOf: (key) => ring.last(key)?.event,
    async sequenceOf(aggregateId, version) {
      return life && store.sequenceOf(aggregateId, version, new Date(life.state.created));
    },
    countResumed(outcome) {
      resumed[outcome] += 1;
    },
    async lag() {
      if (connection === undefined) throw new Error('the broker was not there yet');
      return Math.max(0, (await streamState(connection, stream)).last - ring.head);
    },
    async drain() {
      stopped.abort();
      for (const cursor of cursors) cursor.end();
      settle(phase === 'missing' ? 'missing' : 'reading');
      await running;
    },
  };
}
