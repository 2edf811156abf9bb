import type { EventEnvelope } from '../events.ts';
import { createFeed, type Feed, type FeedOptions, type Topic } from '../feed.ts';
import { outboxFeedStore, type FeedStore } from '../feed-store.ts';
import { LiveEvent, type LivePlace } from '../live-event.ts';
import { liveVersions, type LiveVersions } from '../live-versions.ts';
import { outboxJson } from '../outbox.ts';
import { createTestStream, silentLog, type TestStream } from './broker.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { testEvent } from './events.ts';
import { until } from './until.ts';

/** What aggregates are in these tests: nothing but a version. */
export interface Versioned {
  readonly aggregateId: string;
  readonly version: number;
}

interface Unpublished {
  readonly position: string;
  readonly envelope: EventEnvelope;
}

/** A service of aggregates that only count: its database, its stream, and what its relay does, step by step. */
export interface LiveWorld {
  readonly db: TestDatabase;
  readonly stream: TestStream;
  readonly store: FeedStore;
  /** Commits an aggregate's next version. @returns the version */
  change(aggregateId: string, data?: unknown): Promise<number>;
  /** Publishes what is not published yet, in order, and notes where it went. @returns how many */
  publish(limit?: number): Promise<number>;
  /** Publishes the oldest event that is not published yet; then the relay dies. */
  publishUnnoted(): Promise<void>;
  /** Commits and publishes. */
  tell(aggregateId: string, times?: number, data?: unknown): Promise<void>;
  /** A replica's feed that has just begun. */
  beginFeed(options?: Partial<FeedOptions>): Feed;
  /** One that has read everything there is. */
  startFeed(options?: Partial<FeedOptions>): Promise<Feed>;
  /** The newest version of each aggregate, as the database has it. */
  present(): Promise<Versioned[]>;
  follow(feed: Feed, given?: { topic?: Topic; resumeFrom?: string | undefined }): LiveVersions<Versioned>;
  /** Called between a subscriber's snapshot and its answer. */
  afterSnapshot: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

export const everything: Topic = { key: 'all' };
export const only = (id: string): Topic => ({ key: id, aggregates: () => [id] });

export async function createLiveWorld(given: { natsUrl?: string } = {}): Promise<LiveWorld> {
  const db = await createTestDatabase();
  const stream = await createTestStream(given.natsUrl === undefined ? {} : { url: given.natsUrl });
  const store = outboxFeedStore(db.client, stream.name);
  const feeds: Feed[] = [];

  let last: Promise<unknown> = Promise.resolve();
  /** One command, one relay at a time. */
  function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  }

  const unpublished = (limit: number): Promise<Unpublished[]> =>
    db.query<{ position: string; envelope: EventEnvelope }>(
      'SELECT position, envelope FROM outbox_unpublished JOIN outbox USING (position) ORDER BY position LIMIT $1',
      [limit],
    );

  async function send({ envelope }: Unpublished): Promise<number> {
    const { seq } = await stream.nc.jetstream().publish(stream.subject, JSON.stringify(envelope));
    return seq;
  }

  async function present(): Promise<Versioned[]> {
    return db.query(
      'SELECT aggregate_id AS "aggregateId", max(aggregate_version) AS version FROM outbox GROUP BY 1 ORDER BY 1',
    );
  }

  const world: LiveWorld = {
    db,
    stream,
    store,
    present,
    afterSnapshot: undefined,
    change: (aggregateId, data = {}) =>
      alone(async () => {
        const [row] = await db.query<{ version: number }>(
          'SELECT coalesce(max(aggregate_version), 0) + 1 AS version FROM outbox WHERE aggregate_id = $1',
          [aggregateId],
        );
        const event = testEvent(aggregateId, row!.version, data);
        await db.query('SELECT outbox_append($1::jsonb)', [outboxJson([event], () => stream.subject)]);
        return row!.version;
      }),
    publish: (limit = 1_000) =>
      alone(async () => {
        const rows = await unpublished(limit);
        for (const row of rows) {
          const sequence = await send(row);
          await db.query(
            `WITH gone AS (DELETE FROM outbox_unpublished WHERE position = $1)
             INSERT INTO outbox_published (position, stream, stream_sequence) VALUES ($1, $2, $3)`,
            [row.position, stream.name, sequence],
          );
        }
        return rows.length;
      }),
    publishUnnoted: () =>
      alone(async () => {
        for (const row of await unpublished(1)) await send(row);
      }),
    async tell(aggregateId, times = 1, data = {}) {
      for (let count = 0; count < times; count++) await world.change(aggregateId, data);
      await world.publish();
    },
    async startFeed(options) {
      const feed = world.beginFeed(options);
      await feed.settled();
      return feed;
    },
    beginFeed(options = {}) {
      const feed = createFeed({
        nats: stream.nc,
        stream: stream.name,
        log: silentLog,
        keysOf: (event) => [event.aggregateId, 'all'],
        store,
        ...options,
      });
      feeds.push(feed);
      void feed.start();
      return feed;
    },
    follow(feed, { topic = everything, resumeFrom } = {}) {
      return liveVersions<Versioned>({
        feed,
        topic,
        resumeFrom,
        async snapshot() {
          const all = await present();
          await world.afterSnapshot?.();
          return topic === everything ? all : all.filter(({ aggregateId }) => aggregateId === topic.key);
        },
        versionOf: (state) => state,
        stateOf: ({ aggregateId, aggregateVersion }) => ({ aggregateId, version: aggregateVersion }),
      });
    },
    async close() {
      await Promise.all(feeds.map((feed) => feed.drain()));
      await stream.remove();
      await db.drop();
    },
  };
  return world;
}

/** More than anything here takes, in milliseconds. */
const MISSING_AFTER_MS = 25_000;

/** A client: it reads its subscription to what there is, and notices what is missing, repeated or out of order. */
export class Follower {
  readonly seen = new Map<string, number>();
  readonly faults: string[] = [];
  /** How it went on, each time that it was told. */
  readonly resumed: string[] = [];
  position: string | undefined;
  messages = 0;
  #versions: LiveVersions<Versioned>;
  #reading: Promise<void>;
  #isPaused = false;
  #goOn = (): void => undefined;
  #inSnapshot = true;
  #fault: unknown;

  constructor(versions: LiveVersions<Versioned>) {
    this.#versions = versions;
    this.#reading = this.#read(versions);
  }

  pause(): void {
    this.#isPaused = true;
  }

  goOn(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  /** Leaves, and comes back elsewhere. */
  async moveTo(follow: (resumeFrom: string | undefined) => LiveVersions<Versioned>): Promise<void> {
    await this.leave();
    this.#versions = follow(this.position);
    if (this.position === undefined) this.#inSnapshot = true;
    this.#reading = this.#read(this.#versions);
  }

  async leave(): Promise<void> {
    this.goOn();
    await this.#versions.return();
    await this.#reading;
  }

  /** Resolves when it has these versions. @throws Error when it does not get them, so that what led to it can be told */
  async has(all: readonly Versioned[]): Promise<void> {
    const since = performance.now();
    await until(() => {
      if (this.#fault !== undefined) throw this.#fault as Error;
      if (performance.now() - since > MISSING_AFTER_MS) {
        throw new Error(`it has ${JSON.stringify([...this.seen])}, and not ${JSON.stringify(all)}`);
      }
      return all.every(({ aggregateId, version }) => (this.seen.get(aggregateId) ?? 0) >= version);
    });
  }

  async #read(versions: LiveVersions<Versioned>): Promise<void> {
    try {
      for await (const message of versions) {
        this.#take(message);
        if (this.#isPaused) await new Promise<void>((resolve) => (this.#goOn = resolve));
      }
    } catch (error) {
      this.#fault = error;
    }
  }

  #take(message: LiveEvent<Versioned> | LivePlace): void {
    const { position, resumed } = message;
    if (resumed) this.resumed.push(resumed);
    if (resumed === 'snapshot') this.#inSnapshot = true;
    if (message instanceof LiveEvent) this.#see(message);
    if (position !== undefined) {
      this.position = position;
      this.#inSnapshot = false;
    }
  }

  #see({ state: { aggregateId, version }, occurredAt }: LiveEvent<Versioned>): void {
    this.messages += 1;
    const before = this.seen.get(aggregateId) ?? 0;
    const isOfSnapshot = occurredAt === undefined;
    const fits = isOfSnapshot ? version >= before : version === before + 1;
    if (!fits) this.faults.push(`${aggregateId} ${before} -> ${version}`);
    if (isOfSnapshot && !this.#inSnapshot) this.faults.push(`${aggregateId} ${version} is a snapshot's among events`);
    this.seen.set(aggregateId, version);
  }
}
