import { connectNats } from './streams.ts';
import { type LiveEvent, LivePlace } from './live-event.ts';
import type { LiveVersions } from './live-versions.ts';
import { silentLog } from './testing/broker.ts';
import { testEvent } from './testing/events.ts';
import { createLiveWorld, everything, Follower, only, type LiveWorld, type Versioned } from './testing/live-world.ts';
import { collectLog } from './testing/log-lines.ts';
import { createProxy } from './testing/proxy.ts';
import { until } from './testing/until.ts';

let world: LiveWorld;
beforeEach(async () => {
  world = await createLiveWorld();
});
afterEach(() => world.close());

async function take(versions: LiveVersions<Versioned>): Promise<LiveEvent<Versioned> | LivePlace> {
  const { value, done } = await versions.next();
  if (done === true) throw new Error('it ended');
  return value;
}

async function consumers(): Promise<number> {
  const manager = await world.stream.nc.jetstreamManager();
  return (await manager.consumers.list(world.stream.name).next()).length;
}

const small = { bound: { count: 8, bytes: 1_000_000 } };

describe('a feed', () => {
  it('reads its stream through one consumer, whatever the number of subscribers', async () => {
    const feed = await world.startFeed();
    expect(await consumers()).toBe(1);
    const followers = Array.from({ length: 200 }, (_, place) => {
      return new Follower(world.follow(feed, place % 2 === 0 ? {} : { topic: only('a') }));
    });
    await world.tell('a', 3);
    await Promise.all(followers.map((follower) => follower.has([{ aggregateId: 'a', version: 3 }])));
    expect(feed.counts.subscribers).toBe(200);
    expect(await consumers()).toBe(1);
    expect(followers.flatMap(({ faults }) => faults)).toEqual([]);
    await Promise.all(followers.map((follower) => follower.leave()));
    expect(feed.counts.subscribers).toBe(0);
  });

  it('begins with the last events of its stream, as many as it keeps', async () => {
    await world.tell('a', 20);
    const feed = await world.startFeed(small);
    expect(feed.counts).toMatchObject({ ringEvents: 8 });
    expect(feed.lastOf('a')).toMatchObject({ aggregateVersion: 20 });
    expect(feed.seen('a')).toMatchObject({ version: 20, sequence: 20 });
    expect(await feed.lag()).toBe(0);
  });

  it('passes over messages that are no events', async () => {
    const feed = await world.startFeed();
    const follower = new Follower(world.follow(feed));
    await world.tell('a');
    await follower.has([{ aggregateId: 'a', version: 1 }]);
    await world.stream.nc.jetstream().publish(world.stream.subject, 'no event');
    await world.tell('a');
    await follower.has([{ aggregateId: 'a', version: 2 }]);
    expect(follower.faults).toEqual([]);
    expect(follower.position).toMatch(/~3$/);
  });

  it('misses nothing while the broker is away, or when the broker loses the consumer', async () => {
    const proxy = await createProxy(world.stream.url);
    const nats = await connectNats({ url: proxy.url, name: 'feed-test', log: silentLog });
    const feed = await world.startFeed({ nats });
    const follower = new Follower(world.follow(feed));
    await world.tell('a');
    await follower.has([{ aggregateId: 'a', version: 1 }]);

    await proxy.cut();
    await world.tell('a', 5);
    await proxy.restore();
    await follower.has([{ aggregateId: 'a', version: 6 }]);

    const manager = await world.stream.nc.jetstreamManager();
    const [consumer] = await manager.consumers.list(world.stream.name).next();
    await manager.consumers.delete(world.stream.name, consumer?.name ?? '');
    await world.tell('a', 2);
    await follower.has([{ aggregateId: 'a', version: 8 }]);
    expect(follower.faults).toEqual([]);
    expect(follower.resumed).toEqual([]);
    await feed.drain();
    await nats.close();
    await proxy.close();
  });

  it('leaves to the database what came while the broker was away, when it is more than it keeps', async () => {
    const proxy = await createProxy(world.stream.url);
    const nats = await connectNats({ url: proxy.url, name: 'feed-test', log: silentLog });
    const feed = await world.startFeed({ ...small, nats });
    const followers = [new Follower(world.follow(feed)), new Follower(world.follow(feed, { topic: only('a') }))];
    await world.tell('a');
    for (const follower of followers) await follower.has([{ aggregateId: 'a', version: 1 }]);
    await proxy.cut();
    for (let round = 0; round < 15; round++) {
      await world.tell('b');
      await world.tell('a', 2);
    }
    await proxy.restore();
    for (const follower of followers) await follower.has([{ aggregateId: 'a', version: 31 }]);
    expect(followers.flatMap(({ faults, resumed }) => faults.concat(resumed))).toEqual([]);
    expect(feed.counts.catchUpReads).toBeGreaterThan(0);
    await feed.drain();
    await nats.close();
    await proxy.close();
  });

  it('begins when its stream is made later; when the stream is made anew everybody gets the present state', async () => {
    const manager = await world.stream.nc.jetstreamManager();
    const { name, subjects } = world.stream;
    await manager.streams.delete(name);
    const { log, messages } = collectLog();
    const feed = await world.startFeed({ log });
    await world.change('a');
    const follower = new Follower(world.follow(feed));
    await follower.has([{ aggregateId: 'a', version: 1 }]);
    expect(follower.position).toBeUndefined();
    const quiet = world.follow(feed, { topic: only('quiet') });
    const place = take(quiet);
    await manager.streams.add({ name, subjects: [...subjects] });
    await world.tell('a', 2);
    await follower.has([{ aggregateId: 'a', version: 3 }]);
    expect([follower.faults, follower.resumed]).toEqual([[], []]);
    expect(await place).toMatchObject({ position: expect.stringMatching(/~\d+$/) as string });
    const first = follower.position;

    await manager.streams.delete(name);
    await until(() => messages().length > 1);
    await manager.streams.add({ name, subjects: [...subjects] });
    await world.tell('a');
    await follower.has([{ aggregateId: 'a', version: 4 }]);
    await until(() => follower.position?.split('~')[0] !== first?.split('~')[0]);
    expect([follower.faults, follower.resumed]).toEqual([[], ['snapshot']]);
    await world.tell('a');
    await follower.has([{ aggregateId: 'a', version: 5 }]);
    expect(follower.faults).toEqual([]);
    expect(messages()).toEqual([
      'the feed waits for its stream, which is not there yet',
      'the feed cannot read its stream now, it tries again',
      'the stream was begun anew, subscribers get the present state again',
      'the feed reads its stream again',
    ]);
    await quiet.return();
  });

  it('tells a broker that was set back from one that was away', async () => {
    const proxy = await createProxy(world.stream.url);
    const nats = await connectNats({ url: proxy.url, name: 'feed-test', log: silentLog });
    const feed = await world.startFeed({ nats });
    await world.tell('a', 2);
    const follower = new Follower(world.follow(feed));
    await world.tell('a', 2);
    await follower.has([{ aggregateId: 'a', version: 4 }]);
    await proxy.cut();
    // The same stream as far as anybody can see, but at the last sequence stands another message than before.
    const manager = await world.stream.nc.jetstreamManager();
    await manager.streams.deleteMessage(world.stream.name, 4, false);
    await proxy.restore();
    await world.tell('a');
    await follower.has([{ aggregateId: 'a', version: 5 }]);
    expect([follower.faults, follower.resumed]).toEqual([[], []]);
    await feed.drain();
    await nats.close();
    await proxy.close();
  });

  it('gives each subscriber its own pace: one that stalls delays nobody and gets everything in the end', async () => {
    const feed = await world.startFeed(small);
    await world.tell('a');
    const [stalled, quick] = [new Follower(world.follow(feed)), new Follower(world.follow(feed))];
    for (const follower of [stalled, quick]) await follower.has([{ aggregateId: 'a', version: 1 }]);
    stalled.pause();
    for (let round = 0; round < 20; round++) {
      await world.tell('a');
      await world.tell('b');
    }
    await quick.has(await world.present());
    expect(stalled.seen.get('a')).toBeLessThan(4);
    expect(feed.counts.ringEvents).toBe(8);
    stalled.goOn();
    await stalled.has(await world.present());
    expect([...stalled.faults, ...stalled.resumed, ...quick.faults, ...quick.resumed]).toEqual([]);
    expect(stalled.messages).toBe(41);
    expect(quick.messages).toBe(41);
  });

  it('lets many who are far behind read the past together', async () => {
    await world.tell('start');
    const early = await world.startFeed();
    const places = await Promise.all(
      Array.from({ length: 25 }, async () => {
        const follower = new Follower(world.follow(early));
        await until(() => follower.position);
        await follower.leave();
        return follower;
      }),
    );
    await world.db.query(
      `SELECT outbox_append(jsonb_agg(jsonb_build_object('subject', $1::text, 'envelope',
         $2::jsonb || jsonb_build_object('id', gen_random_uuid(), 'aggregateVersion', version))))
       FROM generate_series(1, 2600) AS version`,
      [world.stream.subject, JSON.stringify(testEvent('a', 1))],
    );
    await world.publish(3_000);
    const late = await world.startFeed(small);
    await Promise.all(places.map((follower) => follower.moveTo((resumeFrom) => world.follow(late, { resumeFrom }))));
    await Promise.all(places.map((follower) => follower.has([{ aggregateId: 'a', version: 2_600 }])));
    expect(places.flatMap(({ faults }) => faults)).toEqual([]);
    expect(places.every(({ resumed }) => resumed.join() === 'exact')).toBe(true);
    // 2,600 events are six windows.
    expect(late.counts.catchUpReads).toBeLessThan(20);
  }, 60_000);

  it('ends its subscribers when it drains, and a subscriber when it leaves', async () => {
    const feed = await world.startFeed();
    const [one, other] = [world.follow(feed, { topic: only('a') }), world.follow(feed, { topic: only('a') })];
    expect(await take(one)).toBeInstanceOf(LivePlace);
    expect(await take(other)).toBeInstanceOf(LivePlace);
    const waiting = one.next();
    await one.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
    const still = other.next();
    await feed.drain();
    expect(await still).toEqual({ value: undefined, done: true });
    expect(await world.follow(feed, { topic: everything }).next()).toEqual({ value: undefined, done: true });
  });

  it('opens no tail for a reader who leaves before the first look', async () => {
    const feed = await world.startFeed();
    const unread = world.follow(feed);
    await unread.return();
    expect(await unread.next()).toEqual({ value: undefined, done: true });
    expect(feed.counts.subscribers).toBe(0);
  });
});
