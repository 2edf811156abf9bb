import type { NatsConnection } from 'nats';
import type { Feed } from './feed.ts';
import type { FeedStore } from './feed-store.ts';
import { LiveEvent, LivePlace } from './live-event.ts';
import { liveVersions, type LiveVersions, type LiveVersionsOptions } from './live-versions.ts';
import { createEventStates } from './event-states.ts';
import { parsePosition } from './live-position.ts';
import { connectNats } from './streams.ts';
import { silentLog } from './testing/broker.ts';
import { createLiveWorld, everything, Follower, only, type LiveWorld, type Versioned } from './testing/live-world.ts';
import { collectLog } from './testing/log-lines.ts';
import { createProxy } from './testing/proxy.ts';
import { testEvent } from './testing/events.ts';
import { until } from './testing/until.ts';

let world: LiveWorld;
let connections: NatsConnection[];
beforeEach(async () => {
  world = await createLiveWorld();
  connections = [];
});
afterEach(async () => {
  await world.close();
  await Promise.all(connections.map((connection) => connection.close()));
});

type Message = LiveEvent<Versioned> | LivePlace;

async function take(versions: LiveVersions<Versioned>): Promise<Message> {
  const { value, done } = await versions.next();
  if (done === true) throw new Error('it ended');
  return value;
}

async function takeEvent(versions: LiveVersions<Versioned>): Promise<LiveEvent<Versioned>> {
  for (;;) {
    const message = await take(versions);
    if (message instanceof LiveEvent) return message;
  }
}

/** The place of a subscriber that has all there is. */
async function placeOf(versions: LiveVersions<Versioned>): Promise<string> {
  for (;;) {
    const { position } = await take(versions);
    if (position !== undefined) return position;
  }
}

/** A subscription with some of its parts replaced. */
function follow(feed: Feed, options: Partial<LiveVersionsOptions<Versioned>>): LiveVersions<Versioned> {
  return liveVersions<Versioned>({
    feed,
    topic: everything,
    resumeFrom: undefined,
    snapshot: () => world.present(),
    versionOf: (state) => state,
    stateOf: ({ aggregateId, aggregateVersion }) => ({ aggregateId, version: aggregateVersion }),
    ...options,
  });
}

const databaseAway = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const small = { bound: { count: 4, bytes: 1_000_000 } };

/** A feed whose broker can be taken away. */
async function startFeedByProxy() {
  const proxy = await createProxy(world.stream.url);
  const nats = await connectNats({ url: proxy.url, name: 'feed-test', log: silentLog });
  connections.push(nats);
  return { proxy, feed: await world.startFeed({ nats }) };
}

describe('a subscriber’s first messages', () => {
  it('are the present states, and the last of them says the place', async () => {
    await world.tell('a', 2);
    await world.tell('b');
    const versions = world.follow(await world.startFeed());
    const [first, last] = [await take(versions), await take(versions)];
    expect(first).toEqual(new LiveEvent({ aggregateId: 'a', version: 2 }));
    expect(last).toEqual(
      new LiveEvent({ aggregateId: 'b', version: 1 }, { position: expect.stringMatching(/~3$/) as string }),
    );
    await world.tell('a');
    const event = await takeEvent(versions);
    expect(event).toMatchObject({
      state: { aggregateId: 'a', version: 3 },
      position: expect.stringMatching(/~4$/) as string,
      resumed: undefined,
      occurredAt: Date.parse('2026-05-14T03:00:00.000Z'),
      arrivedAt: expect.any(Number) as number,
    });
    await versions.return();
  });

  it('are its place alone when there is no state', async () => {
    await world.tell('a');
    const versions = world.follow(await world.startFeed(), { topic: only('b') });
    expect(await take(versions)).toEqual(new LivePlace(expect.stringMatching(/~1$/) as string));
    await versions.return();
  });

  it('say what they have beyond the place, whose events are skipped when they come; then the place has settled', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    await world.change('a');
    await world.change('b');
    const versions = world.follow(feed);
    await take(versions);
    const { position = '' } = await take(versions);
    expect(parsePosition(position)).toMatchObject({
      sequence: 1,
      ahead: new Map([
        ['a', 2],
        ['b', 1],
      ]),
    });
    await world.publish(1);
    const next = take(versions);
    await until(() => feed.seen('a')?.version === 2);
    await world.publish();
    expect(await next).toEqual(new LivePlace(expect.stringMatching(/~3$/) as string));
    await world.tell('b');
    expect(await take(versions)).toMatchObject({ state: { aggregateId: 'b', version: 2 } });
    await versions.return();
  });

  it('are read again while the database has less than the feed has seen', async () => {
    await world.tell('a', 3);
    const feed = await world.startFeed();
    const lagging = [1, 2, 2, 3];
    const versions = follow(feed, {
      snapshot: async () => [{ aggregateId: 'a', version: lagging.shift() ?? 3 }],
    });
    expect(await take(versions)).toMatchObject({
      state: { version: 3 },
      position: expect.stringMatching(/~3$/) as string,
    });
    expect(lagging).toEqual([]);
    await versions.return();
  });

  it('are read again when the feed saw a newer version while they were read, and there is a gap', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    const answers = [
      async () => {
        await world.tell('a', 2);
        await until(() => feed.seen('a')?.version === 3);
        return [{ aggregateId: 'a', version: 0 }];
      },
      world.present,
    ];
    const versions = follow(feed, { snapshot: () => answers.shift()!() });
    expect(await take(versions)).toMatchObject({ state: { version: 0 } });
    await versions.return();

    const gap = [
      async () => {
        await world.tell('a', 2);
        await until(() => feed.seen('a')?.version === 5);
        return [{ aggregateId: 'a', version: 1 }];
      },
      world.present,
    ];
    const again = follow(feed, { snapshot: () => gap.shift()!() });
    expect(await take(again)).toMatchObject({ state: { version: 5 } });
    await again.return();
  });

  it('come all the same from a database that stays behind; of what is missing it is told with the next event', async () => {
    const { log, lines } = collectLog();
    await world.tell('a', 3);
    const feed = await world.startFeed({ log });
    let reads = 0;
    const snapshot = async () => ((reads += 1) > 20 ? world.present() : [{ aggregateId: 'a', version: 1 }]);
    const versions = follow(feed, { snapshot });
    const { position = '', ...first } = await take(versions);
    expect(first).toMatchObject({ state: { version: 1 } });
    expect(reads).toBe(20);
    expect(lines).toMatchObject([
      { aggregates: ['a'], msg: 'the database stays behind the stream, a subscriber is told what it has' },
    ]);
    // A place that nobody can go on from: versions before it were never told.
    expect(position).toMatch(/~3~-$/);
    const back = follow(feed, { resumeFrom: position });
    expect(await take(back)).toMatchObject({ state: { version: 3 }, resumed: 'snapshot' });
    await back.return();

    const next = take(versions);
    await world.tell('a');
    expect(await next).toMatchObject({ state: { version: 4 }, resumed: 'snapshot' });
    await world.tell('a');
    expect(await takeEvent(versions)).toMatchObject({
      state: { version: 5 },
      position: expect.stringMatching(/~5$/) as string,
    });
    await versions.return();
  });

  it('are of a database that was set back, and go on when that does', async () => {
    await world.tell('a', 3);
    const feed = await world.startFeed();
    const versions = follow(feed, { snapshot: async () => [{ aggregateId: 'a', version: 1 }] });
    expect(await take(versions)).toMatchObject({ state: { version: 1 } });
    const again = { ...testEvent('a', 2), occurredAt: '2027-01-01T00:00:00.000Z' };
    await world.stream.nc.jetstream().publish(world.stream.subject, JSON.stringify(again));
    expect(await takeEvent(versions)).toMatchObject({
      state: { version: 2 },
      position: expect.stringMatching(/~4$/) as string,
      resumed: undefined,
    });
    await versions.return();
  });

  it('say no place when the stream is begun anew while they are told; then they come again', async () => {
    await world.tell('a');
    await world.tell('b');
    const feed = await world.startFeed();
    const before = feed.positionAt(0);
    const versions = world.follow(feed);
    expect(await take(versions)).toMatchObject({ state: { aggregateId: 'a' } });
    const { name, subjects } = world.stream;
    const manager = await world.stream.nc.jetstreamManager();
    await manager.streams.delete(name);
    await manager.streams.add({ name, subjects: [...subjects] });
    await until(() => feed.positionAt(0) !== before);
    expect(await take(versions)).toEqual(new LiveEvent({ aggregateId: 'b', version: 1 }));
    expect(await take(versions)).toMatchObject({ state: { aggregateId: 'a' }, resumed: 'snapshot' });
    expect(await take(versions)).toMatchObject({ position: expect.any(String) as string, resumed: undefined });
    await versions.return();
  });

  it('are not beyond the place where their events stood in an earlier life of the stream', async () => {
    await world.tell('a', 2);
    const { name, subjects } = world.stream;
    const manager = await world.stream.nc.jetstreamManager();
    await manager.streams.delete(name);
    await world.db.query(`UPDATE outbox_published SET published_at = now() - interval '1 hour'`);
    await manager.streams.add({ name, subjects: [...subjects] });
    await world.tell('b');
    const feed = await world.startFeed();
    await world.change('c');
    const versions = world.follow(feed);
    expect(parsePosition(await placeOf(versions))).toMatchObject({ sequence: 1, ahead: new Map([['c', 1]]) });
    await versions.return();
  });

  it('come without a place while the broker is not there; when it is they come again, and say so', async () => {
    await world.tell('a');
    let arrive: (connection: NatsConnection) => void = () => undefined;
    const feed = world.beginFeed({ nats: new Promise((resolve) => (arrive = resolve)) });
    const versions = world.follow(feed);
    const back = world.follow(feed, { topic: only('a'), resumeFrom: `${world.stream.name}-x~1` });
    const missed = take(back);
    expect(await take(versions)).toEqual(new LiveEvent({ aggregateId: 'a', version: 1 }));
    const again = take(versions);
    arrive(world.stream.nc);
    expect(await again).toMatchObject({ position: expect.stringMatching(/~1$/) as string, resumed: 'snapshot' });
    // Who has a state already waits for the broker.
    expect(await missed).toMatchObject({ resumed: 'snapshot', state: { version: 1 } });
    await Promise.all([versions.return(), back.return()]);
  });
});

describe('a subscriber who comes back', () => {
  it('gets what it missed from the ring, and is told that nothing is missing', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    const before = world.follow(feed);
    const resumeFrom = await placeOf(before);
    await before.return();
    await world.tell('a', 2);
    await until(() => feed.seen('a')?.version === 3);
    const versions = world.follow(feed, { resumeFrom });
    expect(await take(versions)).toMatchObject({ state: { version: 2 }, resumed: 'exact' });
    expect(await take(versions)).toMatchObject({ state: { version: 3 }, resumed: undefined });
    await versions.return();
    expect(feed.counts).toMatchObject({ catchUpReads: 0, resumed: { exact: 1, snapshot: 0 } });
  });

  it('is told its place, further on, when it missed nothing', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    const before = world.follow(feed, { topic: only('a') });
    const resumeFrom = await placeOf(before);
    await before.return();
    await world.tell('b', 3);
    await until(() => feed.seen('b')?.version === 3);
    const versions = world.follow(feed, { topic: only('a'), resumeFrom });
    expect(await take(versions)).toEqual(new LivePlace(expect.stringMatching(/~4$/) as string, 'exact'));
    await versions.return();
  });

  it.each([
    ['looked up by its aggregate', only('a')],
    ['found among all events', { key: 'a' }],
  ])('past the ring gets it from the database, %s', async (_, topic) => {
    await world.tell('a');
    const early = world.follow(await world.startFeed(), { topic });
    const resumeFrom = await placeOf(early);
    await early.return();
    for (let round = 0; round < 8; round++) {
      await world.tell('a');
      await world.tell('b', 2);
    }
    const feed = await world.startFeed(small);
    const versions = world.follow(feed, { topic, resumeFrom });
    const events = [];
    for (let count = 0; count < 8; count++) events.push(await takeEvent(versions));
    expect(events.map(({ state }) => state.version)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect(events.map(({ resumed }) => resumed)).toEqual(['exact', ...Array.from({ length: 7 }, () => undefined)]);
    expect(feed.counts.catchUpReads).toBe(1);
    await world.tell('a');
    expect((await takeEvent(versions)).state.version).toBe(10);
    await versions.return();
  });

  it('past the ring waits for events that were published just now and are not noted yet', async () => {
    await world.tell('a');
    const early = world.follow(await world.startFeed(), { topic: only('a') });
    const resumeFrom = await placeOf(early);
    await early.return();
    await world.change('a');
    await world.publishUnnoted();
    const others = 6;
    for (let count = 0; count < others; count++) {
      await world.stream.nc.jetstream().publish(world.stream.subject, 'no event');
    }
    const feed = await world.startFeed(small);
    const versions = world.follow(feed, { topic: only('a'), resumeFrom });
    const event = take(versions);
    await until(() => feed.counts.catchUpReads > 0);
    // The relay was only late with its note.
    await world.db.query(
      `WITH gone AS (DELETE FROM outbox_unpublished RETURNING position)
       INSERT INTO outbox_published (position, stream, stream_sequence) SELECT position, $1, 2 FROM gone`,
      [world.stream.name],
    );
    expect(await event).toMatchObject({ state: { version: 2 }, resumed: 'exact' });
    await versions.return();
  });

  it('to a replica that has seen less gets nothing twice', async () => {
    const { proxy, feed: behind } = await startFeedByProxy();
    const ahead = await world.startFeed();
    await proxy.cut();
    await world.tell('a', 3);
    const early = world.follow(ahead);
    const resumeFrom = await placeOf(early);
    await early.return();
    expect(behind.seen('a')).toBeUndefined();
    const versions = world.follow(behind, { resumeFrom });
    const next = takeEvent(versions);
    await world.tell('a');
    await proxy.restore();
    expect(await next).toMatchObject({ state: { version: 4 } });
    await versions.return();
    await behind.drain();
    await proxy.close();
  });

  it('with a place that has more than its sequence says goes on behind all of it', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    await world.change('a');
    const before = world.follow(feed);
    const resumeFrom = await placeOf(before);
    expect(parsePosition(resumeFrom)?.ahead.get('a')).toBe(2);
    await before.return();
    const versions = world.follow(await world.startFeed(), { resumeFrom });
    await world.tell('a');
    expect(await takeEvent(versions)).toMatchObject({ state: { version: 3 } });
    await versions.return();
  });

  it('gets the present state, and is told, where the stream begins behind its place', async () => {
    await world.tell('a', 2);
    const early = world.follow(await world.startFeed(), { topic: only('a') });
    const resumeFrom = await placeOf(early);
    await early.return();
    await world.tell('a', 4);
    const manager = await world.stream.nc.jetstreamManager();
    await manager.streams.purge(world.stream.name, { seq: 5 });
    const feed = await world.startFeed();
    const versions = world.follow(feed, { topic: only('a'), resumeFrom });
    expect(await take(versions)).toMatchObject({ state: { version: 6 }, resumed: 'snapshot' });
    await world.tell('a');
    expect(await takeEvent(versions)).toMatchObject({ state: { version: 7 }, resumed: undefined });
    expect(feed.counts.resumed).toEqual({ exact: 0, snapshot: 1 });
    await versions.return();
  });

  it('gets the present state, and is told, with the place of another stream, of none, or beyond the stream’s end', async () => {
    await world.tell('a', 2);
    const feed = await world.startFeed();
    const own = await placeOf(world.follow(feed));
    for (const resumeFrom of ['nonsense', `${world.stream.name}-other~1`, own.replace(/~2$/, '~999')]) {
      const versions = world.follow(feed, { resumeFrom });
      expect(await take(versions)).toMatchObject({ state: { version: 2 }, resumed: 'snapshot' });
      await versions.return();
    }
    const nothing = world.follow(feed, { topic: only('b'), resumeFrom: 'nonsense' });
    expect(await take(nothing)).toEqual(new LivePlace(expect.any(String) as string, 'snapshot'));
    await nothing.return();
  });
});

describe('a subscription', () => {
  it('waits while the database is away, at its beginning and later', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    let faults = 3;
    const orFault = <Result>(work: () => Result): Result => {
      if (faults-- > 0) throw databaseAway();
      return work();
    };
    const versions = follow(feed, {
      snapshot: async () => orFault(() => world.present()),
      stateOf: async ({ aggregateId, aggregateVersion }) => orFault(() => ({ aggregateId, version: aggregateVersion })),
    });
    expect(await take(versions)).toMatchObject({ state: { version: 1 } });
    faults = 3;
    await world.tell('a');
    expect(await take(versions)).toMatchObject({ state: { version: 2 } });
    await versions.return();
  });

  it('begins anew, and says so, behind an event that the database has lost', async () => {
    const { log, lines } = collectLog();
    await world.tell('a');
    await world.tell('b');
    const feed = await world.startFeed({ log });
    const states = createEventStates<Versioned>({
      after: () => null,
      read: async ({ aggregateId, aggregateVersion }) =>
        aggregateVersion === 2 ? undefined : { aggregateId, version: aggregateVersion },
      versionOf: (state) => state,
    });
    const versions = follow(feed, { stateOf: states.of });
    const resumeFrom = await placeOf(versions);
    await world.tell('a', 2);
    for (const lost of [versions, follow(feed, { resumeFrom, stateOf: states.of })]) {
      expect(await take(lost)).toMatchObject({ state: { aggregateId: 'a', version: 3 }, resumed: 'snapshot' });
      expect(await take(lost)).toMatchObject({ state: { aggregateId: 'b', version: 1 }, resumed: undefined });
      await lost.return();
    }
    expect(lines.map(({ err }) => (err as Error).message)).toEqual(Array(2).fill('the database has no version 2 of a'));
  });

  it('waits for the past while the database is away', async () => {
    await world.tell('a');
    const early = world.follow(await world.startFeed());
    const resumeFrom = await placeOf(early);
    await early.return();
    await world.tell('a', 10);
    let faults = 3;
    const store: FeedStore = {
      ...world.store,
      window(range) {
        if (faults-- > 0) throw databaseAway();
        return world.store.window(range);
      },
    };
    const follower = new Follower(world.follow(await world.startFeed({ ...small, store }), { resumeFrom }));
    follower.seen.set('a', 1);
    await follower.has([{ aggregateId: 'a', version: 11 }]);
    expect(follower.faults).toEqual([]);
    expect(faults).toBeLessThan(0);
    await follower.leave();
  });

  it('ends with any other error, and leaves the feed', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    const versions = follow(feed, {
      snapshot: async () => {
        throw new Error('no such column');
      },
    });
    await expect(versions.next()).rejects.toThrow('no such column');
    expect(feed.counts.subscribers).toBe(0);
    expect(await versions.next()).toEqual({ value: undefined, done: true });
  });

  it('is refused by whoever admits, also when that could not be asked at once', async () => {
    const feed = await world.startFeed();
    let tries = 0;
    const versions = follow(feed, {
      async admit() {
        if ((tries += 1) < 3) throw databaseAway();
        throw new Error('not yours');
      },
    });
    await expect(versions.next()).rejects.toThrow('not yours');
    expect(tries).toBe(3);
  });

  it('passes over what its subscriber is not to see', async () => {
    await world.tell('a');
    const feed = await world.startFeed();
    const versions = follow(feed, {
      stateOf: ({ aggregateId, aggregateVersion: version }) =>
        aggregateId === 'a' ? { aggregateId, version } : undefined,
    });
    await take(versions);
    await world.tell('b', 2);
    await world.tell('a');
    expect(await takeEvent(versions)).toMatchObject({ state: { aggregateId: 'a', version: 2 } });
    await versions.return();
  });

  it('ends at once for a reader who leaves while the snapshot is read', async () => {
    const feed = await world.startFeed();
    let answer: (states: Versioned[]) => void = () => undefined;
    const versions = follow(feed, { snapshot: () => new Promise((resolve) => (answer = resolve)) });
    const waiting = versions.next();
    await until(() => feed.counts.subscribers === 1);
    expect(await versions.return()).toEqual({ value: undefined, done: true });
    expect(feed.counts.subscribers).toBe(0);
    answer([]);
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});
