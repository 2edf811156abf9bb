import { setImmediate } from 'node:timers/promises';
import { createMetrics } from '@cafe-for-me/lib/metrics';
import { settingsSchema } from '../config/settings.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { startRouter, type AnyData, type TestRouter } from '../testing/router.ts';
import { startSubgraph } from '../testing/subgraph.ts';
import { alice, bob, compose, startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';
import { createTopic } from '../testing/topic.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter | undefined;

beforeEach(async () => {
  subgraphs = await startSubgraphs();
});
afterEach(async () => {
  await router?.stop();
  await subgraphs.stop();
});

/** Long enough for whoever answers. What hangs is given up later by whoever asked. */
const options = {
  settings: settingsSchema.parse({ subscriptions: { eventDeadlineMs: 1_000 } }),
  subgraphTimeoutMs: 1_500,
};
const metered = () => createTelemetry({ metrics: createMetrics(), tracing: undefined, operations: [] });

async function countsOf({ metrics }: Telemetry) {
  const text = await metrics!.registry.metrics();
  const valueOf = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  return {
    filledIn: valueOf('router_event_fill_in_duration_seconds_count'),
    blanked: valueOf('router_events_blanked_total'),
    fetchedAgain: valueOf('router_events_fetched_again_total'),
  };
}

const change = (version: number) => ({ version, user: alice, friends: [bob] });

describe('an event', () => {
  it('goes without the fields of a subgraph that is slow, and with those of all others', async () => {
    const telemetry = metered();
    router = await startRouter(subgraphs.sdl, { ...options, telemetry });
    const events = router.socket().iterate<AnyData>({
      query: `subscription { unending { version
        user { name badge { label } reviews { text likes } } friends { badge { label } } } }`,
    });
    const first = events.next();
    await subgraphs.changes.listening(1);
    subgraphs.badges.mode = 'hang';
    subgraphs.changes.publish(change(1));
    const { value } = await first;
    expect(value.data.unending).toEqual({
      version: 1,
      user: { name: 'Alice', badge: null, reviews: [{ text: 'By 1', likes: null }] },
      friends: [{ badge: null }],
    });
    expect(value.errors).toEqual([
      expect.objectContaining({ extensions: { code: 'SUBREQUEST_TIMEOUT', serviceName: 'badges' } }),
    ]);
    subgraphs.badges.mode = 'ok';
    subgraphs.changes.publish(change(2));
    const { value: healed } = await events.next();
    expect(healed.errors).toBeUndefined();
    expect(healed.data.unending.user.badge).toEqual({ label: 'badge of 1' });
    expect(await countsOf(telemetry)).toEqual({ filledIn: 2, blanked: 1, fetchedAgain: 0 });
  });

  it('is delivered in its turn, though others are filled in sooner', async () => {
    router = await startRouter(subgraphs.sdl, options);
    const events = router
      .socket()
      .iterate<AnyData>({ query: 'subscription { unending { version user { badge { label } } } }' });
    const first = events.next();
    await subgraphs.changes.listening(1);
    subgraphs.badges.mode = 'hang';
    subgraphs.changes.publish(change(1));
    while (subgraphs.badges.requests.length < 1) await setImmediate();
    subgraphs.badges.mode = 'ok';
    for (const version of [2, 3]) subgraphs.changes.publish(change(version));
    const results = [await first, await events.next(), await events.next()];
    expect(results.map(({ value }) => value.data.unending.version)).toEqual([1, 2, 3]);
    expect(results[0]!.value.data.unending.user.badge).toBeNull();
  });
});

describe('fields of another subgraph that are older than the event', () => {
  const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';

  /** `versions` is what the other subgraph says, one after the other; the last one stays. */
  async function follow(versions: readonly number[], query: string, telemetry?: Telemetry) {
    const changes = createTopic<{ version: number }>();
    const owner = await startSubgraph(
      'owner',
      `${federation}
      type Query { any: Int }
      type Subscription { changed: Change }
      type Change { version: Int!  thing: Thing }
      type Thing @key(fields: "id") { id: ID! }`,
      {
        Subscription: { changed: { subscribe: () => changes.listen(), resolve: (one: object) => one } },
        Change: { thing: () => ({ id: '7' }) },
      },
    );
    let asked = 0;
    const other = await startSubgraph(
      'other',
      `${federation} type Query { one: Int } type Thing @key(fields: "id") { id: ID!  version: Int!  state: String }`,
      {
        Thing: {
          __resolveReference(thing: object) {
            const version = versions[Math.min(asked, versions.length - 1)]!;
            asked += 1;
            return { ...thing, version, state: `of ${version}` };
          },
        },
      },
    );
    router = await startRouter(compose([owner, other]), { telemetry });
    const events = router.socket().iterate<AnyData>({ query });
    const first = events.next();
    await changes.listening(1);
    changes.publish({ version: 5 });
    const { value } = await first;
    await Promise.all([owner.kill(), other.kill()]);
    return [value.data.changed, asked] as const;
  }

  it('are fetched again once', async () => {
    const telemetry = metered();
    expect(await follow([4, 5], 'subscription { changed { version thing { version state } } }', telemetry)).toEqual([
      { version: 5, thing: { version: 5, state: 'of 5' } },
      2,
    ]);
    expect(await countsOf(telemetry)).toEqual({ filledIn: 1, blanked: 0, fetchedAgain: 1 });
    await router?.stop();
    expect(await follow([3, 4, 5], 'subscription { changed { version thing { version state } } }')).toEqual([
      { version: 5, thing: { version: 4, state: 'of 4' } },
      2,
    ]);
  });

  it('are told by any name, and in fragments', async () => {
    const query =
      'subscription { now: changed { ...C } } fragment C on Change { v: version it: thing { ... on Thing { w: version } } }';
    const [, asked] = await follow([4, 5], query.replace('now: ', ''));
    expect(asked).toBe(2);
  });

  it('are not when they are as new, or newer, or when nobody asks for versions', async () => {
    for (const [versions, query] of [
      [[5], 'subscription { changed { version thing { version } } }'],
      [[9], 'subscription { changed { version thing { version } } }'],
      [[4], 'subscription { changed { version thing { state } } }'],
      [[4], 'subscription { changed { thing { version } } }'],
    ] as const) {
      expect((await follow(versions, query))[1]).toBe(1);
      await router?.stop();
      router = undefined;
    }
  });
});
