import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type Nats } from '@cafe-for-me/deploy/nats';
import { createLiveWorld, Follower, only, type LiveWorld } from '@cafe-for-me/lib/testing/live-world';
import { until } from '@cafe-for-me/lib/testing/until';

/** A feed and its subscribers over a nats-server that is killed, and one that comes back without the last it had stored. */
describe('live subscribers', () => {
  let storeDir: string;
  let nats: Nats;
  let world: LiveWorld;
  beforeEach(async () => {
    storeDir = await mkdtemp(join(tmpdir(), 'live-faults-'));
    nats = await startNats({ storeDir });
    world = await createLiveWorld({ natsUrl: nats.url });
  });
  afterEach(async () => {
    await world.close();
    await nats.stop();
    await rm(storeDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  async function restart(): Promise<void> {
    const { port } = nats;
    await nats.kill();
    nats = await startNats({ storeDir, port });
  }

  async function settledAt(follower: Follower): Promise<string> {
    return until(() => (follower.position?.split('~').length === 2 ? follower.position : undefined));
  }

  it('miss nothing and get nothing twice while nats-server is killed again and again', async () => {
    const feed = await world.startFeed();
    const followers = [new Follower(world.follow(feed)), new Follower(world.follow(feed, { topic: only('a') }))];
    for (let round = 1; round <= 3; round++) {
      await world.tell('a', 3);
      await world.tell('b', 2);
      await world.change('a');
      await restart();
      await until(() => world.publish().catch(() => undefined));
    }
    await world.tell('a');
    for (const follower of followers) await follower.has([{ aggregateId: 'a', version: 13 }]);
    await followers[0]!.has(await world.present());
    for (const { faults, resumed } of followers) expect([faults, resumed]).toEqual([[], []]);
    const manager = await world.stream.nc.jetstreamManager();
    await until(async () => (await manager.consumers.list(world.stream.name).next()).length === 1);
  }, 60_000);

  it('get the present state again, and are told, when the broker comes back without its last messages', async () => {
    await world.tell('a', 2);
    const feed = await world.startFeed();
    const follower = new Follower(world.follow(feed));
    await follower.has([{ aggregateId: 'a', version: 2 }]);
    const { port } = nats;
    await nats.stop();
    const copy = `${storeDir}-copy`;
    await cp(storeDir, copy, { recursive: true });
    nats = await startNats({ storeDir, port });
    await until(() =>
      world.tell('a', 3).then(
        () => true,
        () => undefined,
      ),
    );
    await follower.has([{ aggregateId: 'a', version: 5 }]);
    const lost = await settledAt(follower);

    await nats.kill();
    await rm(storeDir, { recursive: true });
    await cp(copy, storeDir, { recursive: true });
    await rm(copy, { recursive: true });
    nats = await startNats({ storeDir, port });
    await until(() => follower.resumed.length > 0);
    expect(follower.resumed).toEqual(['snapshot']);
    await until(() =>
      world.tell('a', 4).then(
        () => true,
        () => undefined,
      ),
    );
    await follower.has([{ aggregateId: 'a', version: 9 }]);
    expect(follower.faults).toEqual([]);
    // The sequence that it had then is another event's now.
    const back = new Follower(world.follow(feed, { resumeFrom: lost }));
    await back.has([{ aggregateId: 'a', version: 9 }]);
    expect(back.resumed).toEqual(['snapshot']);
  }, 60_000);
});
