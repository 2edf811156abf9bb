import type { NatsConnection } from 'nats';
import type { EventEnvelope } from './events.ts';
import { createFeed, liveVersions } from './feed.ts';
import type { Feed, FeedOptions, LiveVersions } from './feed.ts';
import { connectNats } from './streams.ts';
import { createTestStream, silentLog } from './testing/broker.ts';
import type { TestStream } from './testing/broker.ts';
import { publishEvents, testEvent } from './testing/events.ts';
import { collectLog } from './testing/log-lines.ts';
import { createProxy } from './testing/proxy.ts';
import { until } from './testing/until.ts';

let stream: TestStream;
let feeds: Feed[];
let connections: NatsConnection[];

beforeEach(async () => {
  stream = await createTestStream();
  feeds = [];
  connections = [];
});

afterEach(async () => {
  await Promise.all(feeds.map((feed) => feed.drain()));
  await Promise.all(connections.map((connection) => connection.close()));
  await stream.remove();
});

async function startFeed(options: Partial<FeedOptions> = {}): Promise<Feed> {
  const feed = createFeed({
    nats: stream.nc,
    stream: stream.name,
    log: silentLog,
    keysOf: (event) => [event.aggregateId, 'all'],
    ...options,
  });
  feeds.push(feed);
  await feed.start();
  return feed;
}

async function take<T>(source: AsyncIterator<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  while (items.length < count) {
    const { value, done } = await source.next();
    if (done === true) throw new Error(`ended after ${items.length}`);
    items.push(value);
  }
  return items;
}

const publish = (...events: EventEnvelope[]): Promise<void> => publishEvents(stream.nc, stream.subject, events);
const versions = (events: readonly EventEnvelope[]): number[] => events.map((event) => event.aggregateVersion);

describe('createFeed', () => {
  it('hands each event to those who subscribed to one of its keys, through one consumer at the broker', async () => {
    const feed = await startFeed();
    const [a, again, all] = [feed.subscribe('a'), feed.subscribe('a'), feed.subscribe('all')];
    await publish(testEvent('a', 1), testEvent('b', 1), testEvent('a', 2));

    expect(versions(await take(a, 2))).toEqual([1, 2]);
    expect(versions(await take(again, 2))).toEqual([1, 2]);
    expect((await take(all, 3)).map((event) => event.aggregateId)).toEqual(['a', 'b', 'a']);
    const manager = await stream.nc.jetstreamManager();
    expect(await manager.consumers.list(stream.name).next()).toHaveLength(1);
  });

  it('passes over messages that are no events', async () => {
    const feed = await startFeed();
    const all = feed.subscribe('all');
    await stream.nc.jetstream().publish(stream.subject, 'no event');
    await publish(testEvent('a', 1));

    expect(versions(await take(all, 1))).toEqual([1]);
  });

  it('misses nothing while the broker is away, or when the broker loses the consumer', async () => {
    const proxy = await createProxy(stream.url);
    const nats = await connectNats({ url: proxy.url, name: 'feed-test', log: silentLog });
    connections.push(nats);
    const feed = await startFeed({ nats });
    const all = feed.subscribe('all');
    await publish(testEvent('a', 1));
    expect(versions(await take(all, 1))).toEqual([1]);

    await proxy.cut();
    await publish(testEvent('a', 2));
    await proxy.restore();
    expect(versions(await take(all, 1))).toEqual([2]);

    const manager = await stream.nc.jetstreamManager();
    const [consumer] = await manager.consumers.list(stream.name).next();
    await manager.consumers.delete(stream.name, consumer?.name ?? '');
    await publish(testEvent('a', 3));
    expect(versions(await take(all, 1))).toEqual([3]);
    await feed.drain();
    await proxy.close();
  });

  it('begins when its stream is made later, and again when the stream is, and warns of the loss alone', async () => {
    const manager = await stream.nc.jetstreamManager();
    await manager.streams.delete(stream.name);
    const { log, lines, messages } = collectLog();
    const feed = await startFeed({ log });
    await until(() => lines.length > 0);
    expect(lines).toEqual([expect.objectContaining({ level: 'info', feed: stream.name })]);
    expect(lines[0]).not.toHaveProperty('err');
    const all = feed.subscribe('all');
    const add = (): Promise<unknown> => manager.streams.add({ name: stream.name, subjects: [...stream.subjects] });
    await add();
    await publish(testEvent('a', 1), testEvent('a', 2));
    expect(versions(await take(all, 2))).toEqual([1, 2]);
    expect(lines).toHaveLength(1);

    await manager.streams.delete(stream.name);
    await until(() => lines.length > 1);
    await add();
    await publish(testEvent('a', 3), testEvent('a', 4));
    expect(versions(await take(all, 2))).toEqual([3, 4]);
    expect(messages()).toEqual([
      'the feed waits for its stream, which is not there yet',
      'the feed cannot read its stream now, it tries again',
      'the feed reads its stream again',
    ]);
    expect(lines[1]?.level).toBe('warn');
  });

  it('ends its subscribers when it drains, and a subscriber when it returns', async () => {
    const feed = await startFeed();
    const [one, other] = [feed.subscribe('a'), feed.subscribe('a')];
    const waiting = one.next();
    await one.return();
    expect(await waiting).toEqual({ value: undefined, done: true });

    await feed.drain();

    expect(await other.next()).toEqual({ value: undefined, done: true });
    expect(await feed.subscribe('a').next()).toEqual({ value: undefined, done: true });
  });

  it('ends a subscriber that is too slow for its aggregates, and no other', async () => {
    const feed = await startFeed({ buffer: 8 });
    const [slow, quick] = [feed.subscribe('all'), feed.subscribe('all')];
    const events = Array.from({ length: 20 }, (_, place) => testEvent(`a${place}`, 1));
    for (const event of events) {
      await publish(event);
      await take(quick, 1);
    }

    await expect(slow.next()).rejects.toThrow('too slow');
  });
});

interface State {
  aggregateId: string;
  version: number;
}

describe('liveVersions', () => {
  /** The truth that a service would have in its database: the newest version per aggregate. */
  let present: Map<string, number>;
  let asked: [string, number, number][];

  beforeEach(() => {
    present = new Map();
    asked = [];
  });

  async function change(aggregateId: string): Promise<void> {
    const version = (present.get(aggregateId) ?? 0) + 1;
    present.set(aggregateId, version);
    await publish(testEvent(aggregateId, version));
  }

  function live(feed: Pick<Feed, 'subscribe'>, stateOf?: (event: EventEnvelope) => State): LiveVersions<State> {
    return liveVersions<State>({
      subscribe: () => feed.subscribe('all'),
      snapshot: async () => [...present].map(([aggregateId, version]) => ({ aggregateId, version })),
      versionOf: (state) => state,
      missing: async (aggregateId, from, to) => {
        asked.push([aggregateId, from, to]);
        return Array.from({ length: to - from + 1 }, (_, place) => ({ aggregateId, version: from + place }));
      },
      ...(stateOf && { stateOf }),
    });
  }

  const fromEvent = (event: EventEnvelope): State => ({
    aggregateId: event.aggregateId,
    version: event.aggregateVersion,
  });

  it('gives the snapshot, then each later version once, without gap or overlap, while changes go on', async () => {
    const feed = await startFeed();
    await change('a');
    await change('a');
    const changing = (async () => {
      for (let count = 0; count < 40; count++) await change(count % 2 === 0 ? 'a' : 'b');
    })();
    const states = live(feed, fromEvent);
    const seen = new Map<string, number[]>();
    while (seen.get('a')?.at(-1) !== 22 || seen.get('b')?.at(-1) !== 20) {
      const [state] = await take(states, 1);
      if (state) seen.set(state.aggregateId, [...(seen.get(state.aggregateId) ?? []), state.version]);
    }
    await changing;
    await states.return();

    for (const own of seen.values()) {
      const first = own[0] ?? 0;
      expect(own).toEqual(own.map((_, place) => first + place));
    }
  });

  it('asks for the versions between when a slow subscriber left some out', async () => {
    const feed = await startFeed({ buffer: 8 });
    await change('a');
    const states = live(feed, fromEvent);
    expect(await take(states, 1)).toEqual([{ aggregateId: 'a', version: 1 }]);
    const quick = feed.subscribe('all');
    for (let count = 0; count < 30; count++) await change('a');
    await until(async () => (await take(quick, 1))[0]?.aggregateVersion === 31);

    expect((await take(states, 30)).map((state) => state.version)).toEqual(
      Array.from({ length: 30 }, (_, place) => place + 2),
    );
    expect(asked.length).toBeGreaterThan(0);
    await states.return();
  });

  it('asks for each state where the event does not tell it', async () => {
    const feed = await startFeed();
    await change('a');
    const states = live(feed);
    expect(await take(states, 1)).toEqual([{ aggregateId: 'a', version: 1 }]);
    await change('a');
    expect(await take(states, 1)).toEqual([{ aggregateId: 'a', version: 2 }]);

    expect(asked).toEqual([['a', 2, 2]]);
    await states.return();
  });

  it('begins an aggregate that the snapshot left out with its first event', async () => {
    const feed = await startFeed();
    const states = live(feed, fromEvent);
    const first = take(states, 1);
    await publish(testEvent('old', 5));

    expect(await first).toEqual([{ aggregateId: 'old', version: 5 }]);
    expect(asked).toEqual([]);
    await states.return();
  });

  it('passes over what a reader knows already, though the snapshot does not give it', async () => {
    const feed = await startFeed();
    const states = liveVersions<State>({
      subscribe: () => feed.subscribe('all'),
      snapshot: async () => [],
      known: async () => new Map([['a', 2]]),
      versionOf: (state) => state,
      missing: async () => [],
      stateOf: fromEvent,
    });
    const first = take(states, 1);
    await publish(testEvent('a', 1), testEvent('a', 2), testEvent('a', 3));

    expect(await first).toEqual([{ aggregateId: 'a', version: 3 }]);
    await states.return();
  });

  it('ends its tail at once when its reader leaves, though nothing happens', async () => {
    const feed = await startFeed();
    const left: string[] = [];
    const states = live({
      subscribe(key) {
        const tail = feed.subscribe(key);
        return { ...tail, return: () => (left.push(key), tail.return()) };
      },
    });
    const waiting = states.next();
    // The snapshot is empty, so from here on the next event is waited for.
    await new Promise(setImmediate);

    expect(await states.return()).toEqual({ value: undefined, done: true });
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(left).toContain('all');
  });

  it('opens no tail for a reader who leaves before the first look, and ends for one who leaves in a snapshot', async () => {
    const feed = await startFeed();
    let opened = 0;
    let answer: (states: State[]) => void = () => undefined;
    const options = {
      subscribe: () => (opened++, feed.subscribe('all')),
      snapshot: () => new Promise<State[]>((resolve) => (answer = resolve)),
      versionOf: (state: State) => state,
      missing: async () => [],
    };
    const unread = liveVersions<State>(options);
    await unread.return();
    expect(await unread.next()).toEqual({ value: undefined, done: true });
    expect(opened).toBe(0);

    const states = liveVersions<State>(options);
    const waiting = states.next();
    const leaving = states.return();
    answer([]);
    expect(await waiting).toEqual({ value: undefined, done: true });
    await leaving;
    expect(opened).toBe(1);
  });

  it('ends when the feed drains', async () => {
    const feed = await startFeed();
    const waiting = live(feed).next();
    await new Promise(setImmediate);
    await feed.drain();

    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});
