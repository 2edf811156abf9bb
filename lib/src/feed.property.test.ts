import fc from 'fast-check';
import type { Feed } from './feed.ts';
import { createLiveWorld, everything, Follower, only, type LiveWorld, type Versioned } from './testing/live-world.ts';

/** What the service, its relay, the broker and the clients do, in any order. */
type Step =
  | { readonly what: 'change' | 'tell'; readonly id: string }
  | { readonly what: 'publish'; readonly count: number }
  | { readonly what: 'publishUnnoted' | 'loseConsumer' | 'replica' | 'breathe' }
  | { readonly what: 'follow'; readonly id: string | null; readonly replica: number }
  | { readonly what: 'move'; readonly client: number; readonly replica: number }
  | { readonly what: 'pause' | 'goOn'; readonly client: number };

const id = fc.constantFrom('a', 'b', 'c');
const number = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constantFrom('change', 'tell'), id }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('publish'), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('publishUnnoted', 'breathe') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('loseConsumer', 'replica') }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('follow'), id: fc.option(id), replica: number }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('move'), client: number, replica: number }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('pause', 'goOn'), client: number }) },
);

interface Client {
  readonly follower: Follower;
  readonly id: string | null;
}

async function run(world: LiveWorld, steps: readonly Step[], count: number, duringSnapshots: Step[]): Promise<void> {
  const options = { bound: { count, bytes: 1_000_000 } };
  const feeds: Feed[] = [await world.startFeed(options)];
  const clients: Client[] = [];
  const any = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % Math.max(1, items.length)];
  const topicOf = (name: string | null) => (name === null ? everything : only(name));

  async function take(next: Step): Promise<void> {
    switch (next.what) {
      case 'change':
        await world.change(next.id);
        break;
      case 'tell':
        await world.tell(next.id);
        break;
      case 'publish':
        await world.publish(next.count);
        break;
      case 'publishUnnoted':
        await world.publishUnnoted();
        break;
      case 'breathe':
        await new Promise(setImmediate);
        break;
      case 'loseConsumer': {
        const manager = await world.stream.nc.jetstreamManager();
        const [consumer] = await manager.consumers.list(world.stream.name).next();
        if (consumer) await manager.consumers.delete(world.stream.name, consumer.name);
        break;
      }
      case 'replica':
        if (feeds.length < 4) feeds.push(await world.startFeed(options));
        break;
      case 'follow': {
        const feed = any(feeds, next.replica)!;
        clients.push({ id: next.id, follower: new Follower(world.follow(feed, { topic: topicOf(next.id) })) });
        break;
      }
      case 'move': {
        const client = any(clients, next.client);
        const feed = any(feeds, next.replica)!;
        await client?.follower.moveTo((resumeFrom) => world.follow(feed, { topic: topicOf(client.id), resumeFrom }));
        break;
      }
      case 'pause':
        any(clients, next.client)?.follower.pause();
        break;
      case 'goOn':
        any(clients, next.client)?.follower.goOn();
        break;
    }
  }

  // What happens between the snapshot that a subscriber reads and its answer.
  world.afterSnapshot = async () => {
    const next = duringSnapshots.shift();
    if (next !== undefined) await take(next);
  };
  for (const next of steps) await take(next);
  duringSnapshots.length = 0;
  for (const { follower } of clients) follower.goOn();
  await world.publish();
  const present = await world.present();
  for (const { follower, id: own } of clients) {
    await follower.has(present.filter(({ aggregateId }: Versioned) => own === null || aggregateId === own));
    expect({ faults: follower.faults, told: follower.resumed.filter((how) => how !== 'exact') }).toEqual({
      faults: [],
      told: [],
    });
    await follower.leave();
  }
}

describe('live versions', () => {
  it('come once and in order, whatever happens, wherever their clients come back', async () => {
    const changes = fc.record({ what: fc.constantFrom('change', 'tell'), id }) as fc.Arbitrary<Step>;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60 }),
        fc.integer({ min: 4, max: 12 }),
        fc.array(changes, { maxLength: 10 }),
        async (steps, count, duringSnapshots) => {
          const world = await createLiveWorld();
          try {
            await run(world, steps, count, [...duringSnapshots]);
          } finally {
            await world.close();
          }
        },
      ),
      { numRuns: 20, endOnFailure: true },
    );
  }, 150_000);
});
