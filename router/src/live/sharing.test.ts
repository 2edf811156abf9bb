import { setImmediate } from 'node:timers/promises';
import { createMetrics } from '@cafe-for-me/lib/metrics';
import { WebSocket } from 'ws';
import { settingsSchema } from '../config/settings.ts';
import { startRouter, type AnyData, type TestRouter } from '../testing/router.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { alice, startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';
import { createTokens } from '../testing/tokens.ts';
import { startLiveCore } from '../testing/live-core.ts';
import { createModelledStream } from '../testing/modelled-stream.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;
let telemetry: Telemetry;
let tokens: Awaited<ReturnType<typeof createTokens>>;

beforeEach(async () => {
  subgraphs = await startSubgraphs();
  tokens = await createTokens();
  telemetry = createTelemetry({ metrics: createMetrics(), tracing: undefined, operations: [] });
  router = await startRouter(subgraphs.sdl, {
    telemetry,
    settings: settingsSchema.parse({ subgraphs: { headers: { propagate: ['x-shop'] } } }),
    identityOptions: { tokens: tokens.settings },
  });
});
afterEach(async () => {
  await router.stop();
  await subgraphs.stop();
  await tokens.remove();
});

const query = 'subscription { unending { version user { badge { label } } } }';
const change = (version: number) => ({ version, user: alice, friends: [] });

/** Waits until so many run. */
async function running(count: number): Promise<void> {
  const name = 'router_subscriptions{transport="ws"}';
  while (!(await telemetry.metrics!.registry.metrics()).includes(`${name} ${count}\n`)) await setImmediate();
}

function socketWith(headers: Record<string, string>) {
  return class extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers });
    }
  };
}

/** A subscription of a client of its own. */
async function subscribe(claims?: object, headers: Record<string, string> = {}, text = query) {
  const authorization = claims && `Bearer ${await tokens.sign(claims as Record<string, unknown>)}`;
  const socket = router.socket({
    connectionParams: { authorization },
    // graphql-ws hands no headers on.
    webSocketImpl: socketWith(headers),
  });
  return socket.iterate<AnyData>({ query: text });
}

describe('subscriptions that are the same', () => {
  it('of ten clients are one to the subgraph, and each event is filled in once for all of them', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => subscribe()));
    const firsts = all.map((events) => events.next());
    await subgraphs.changes.listening(1);
    await running(10);
    subgraphs.changes.publish(change(1));
    for (const first of firsts) {
      expect((await first).value).toEqual({
        data: { unending: { version: 1, user: { badge: { label: 'badge of 1' } } } },
      });
    }
    expect(subgraphs.people.subscribes).toHaveLength(1);
    expect(subgraphs.badges.requests).toHaveLength(1);
    for (const events of all) await events.return?.();
    await subgraphs.changes.listening(0);
  });

  it('share the message itself', async () => {
    const stream = createModelledStream();
    stream.commit('a');
    const core = startLiveCore(stream.upstream);
    const clients = [core.start(), core.start(), core.start({ resume: 'forged' }), core.start({ resume: 'forged' })];
    while (clients.some(({ messages }) => messages.length === 0)) {
      stream.step(() => 0);
      await setImmediate();
    }
    const [one, two, three, four] = clients.map(({ messages }) => messages[0]);
    expect(two).toBe(one);
    // Those who have to be told something have one of their own together.
    expect(three).not.toBe(one);
    expect(four).toBe(three);
    expect([stream.subscribes, core.executions]).toEqual([1, 1]);
  });

  it('are so for tokens of the same caller, and are not for callers who differ', async () => {
    const same = { role: 'staff' };
    const all = [
      await subscribe(same),
      await subscribe({ ...same, jti: 'another', auth_time: 1 }),
      await subscribe({ role: 'customer' }),
      await subscribe({ ...same, sub: 'bob' }),
      await subscribe(),
    ];
    const firsts = all.map((events) => events.next());
    await subgraphs.changes.listening(4);
    await running(5);
    subgraphs.changes.publish(change(1));
    await Promise.all(firsts);
    expect(subgraphs.badges.requests).toHaveLength(4);
  });

  it('are not where a header differs that subgraphs get to see', async () => {
    const all = [
      await subscribe(undefined, { 'x-shop': '92', 'x-other': 'a' }),
      await subscribe(undefined, { 'x-shop': '92', 'x-other': 'b' }),
      await subscribe(undefined, { 'x-shop': '93' }),
    ];
    const firsts = all.map((events) => events.next());
    await subgraphs.changes.listening(2);
    await running(3);
    subgraphs.changes.publish(change(1));
    await Promise.all(firsts);
    expect(subgraphs.people.subscribes.map(({ extensions }) => extensions?.['headers'])).toEqual(
      expect.arrayContaining([{ 'x-shop': '92' }, { 'x-shop': '93' }]),
    );
    expect(new Set(subgraphs.badges.requests.map(({ headers }) => headers['x-shop']))).toEqual(new Set(['92', '93']));
    expect(subgraphs.badges.requests).toHaveLength(2);
  });

  it('are not where variables or the operation differ', async () => {
    const texts = [query, `${query} `, 'subscription { unending(filter: { id: 2 }) { version } }'];
    const all = await Promise.all(texts.map((text) => subscribe(undefined, {}, text)));
    const firsts = all.map((events) => events.next());
    await subgraphs.changes.listening(3);
    subgraphs.changes.publish(change(1));
    await Promise.all(firsts);
  });
});
