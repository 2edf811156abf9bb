import { LiveEvent, LivePlace } from './live-event.ts';
import { createMetrics } from './metrics.ts';
import { connectAsRouter, type RouterSocket } from './testing/router-socket.ts';
import { routerKey, startSmallSubgraph, type SmallSubgraph } from './testing/small-subgraph.ts';
import { until } from './testing/until.ts';

let subgraph: SmallSubgraph;
let router: RouterSocket;
const LIVE = 'subscription { live { number } }';
const as = { claims: { sub: 'alice' } };

beforeEach(async () => {
  subgraph = await startSmallSubgraph({ metrics: createMetrics() });
  router = await connectAsRouter(subgraph.url, routerKey);
});
afterEach(async () => {
  await router.close();
  await subgraph.drain();
});

/** What `live` yields from now on; `left` is true when nobody listens any more. */
function source(items: Iterable<unknown>) {
  const given = { left: false, taken: 0, resumeFrom: undefined as string | undefined };
  const waiting = items[Symbol.iterator]();
  let end = (): void => undefined;
  subgraph.live.subscribe = (resumeFrom) => {
    given.resumeFrom = resumeFrom;
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const next = waiting.next();
          if (next.done !== true) given.taken += 1;
          if (next.done !== true) return next;
          if (!given.left) await new Promise<void>((resolve) => (end = resolve));
          return { value: undefined, done: true };
        },
        async return() {
          given.left = true;
          end();
          return { value: undefined, done: true };
        },
      }),
    };
  };
  return given;
}

describe('a live subscription on the wire', () => {
  it('resolves fields from the state, and says beside them what the event says of its place', async () => {
    source([
      new LiveEvent({ number: 1 }),
      new LiveEvent({ number: 2 }, { position: 'S~7', resumed: 'snapshot' }),
      new LiveEvent({ number: 3 }, { position: 'S~8', occurredAt: 17, arrivedAt: 1 }),
      { number: 4 },
    ]);
    const live = router.subscribe(LIVE, {}, as);
    const payloads = [];
    for (let count = 0; count < 4; count++) payloads.push((await live.next()).payload);
    expect(payloads).toEqual([
      { data: { live: { number: 1 } }, extensions: {} },
      { data: { live: { number: 2 } }, extensions: { position: 'S~7', resumed: 'snapshot' } },
      { data: { live: { number: 3 } }, extensions: { position: 'S~8', occurredAt: 17 } },
      { data: { live: { number: 4 } } },
    ]);
  });

  it('begins where the router says that it was', async () => {
    const given = source([]);
    router.subscribe(LIVE, {}, { ...as, resumeFrom: 'S~5~x' });
    await until(() => given.resumeFrom === 'S~5~x');
  });

  it('tells a place without a message in a ping that names it', async () => {
    source([new LivePlace('S~1'), new LivePlace('S~2', 'exact'), new LiveEvent({ number: 1 }, { position: 'S~3' })]);
    const live = router.subscribe(LIVE, {}, as);
    expect([await live.next(), await live.next()]).toEqual([
      { type: 'ping', payload: { id: live.id, position: 'S~1' } },
      { type: 'ping', payload: { id: live.id, position: 'S~2', resumed: 'exact' } },
    ]);
    expect(await live.next()).toMatchObject({ type: 'next', payload: { extensions: { position: 'S~3' } } });
  });

  it('says the place of an event also beside its errors', async () => {
    source([new LiveEvent({ number: 'none' }, { position: 'S~3' })]);
    const { payload } = await router.subscribe(LIVE, {}, as).next();
    expect(payload).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
      extensions: { position: 'S~3' },
    });
  });

  it('holds an event back while the database is away, and loses none', async () => {
    source([new LiveEvent({ number: 1 }, { position: 'S~1' }), new LiveEvent({ number: 2 }, { position: 'S~2' })]);
    let faults = 2;
    subgraph.live.read = async (number) => {
      if (number === 1 && faults-- > 0) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      return number * 10;
    };
    const live = router.subscribe('subscription { live { number fromDatabase } }', {}, as);
    expect((await live.next()).payload.data).toEqual({ live: { number: 1, fromDatabase: 10 } });
    expect((await live.next()).payload.data).toEqual({ live: { number: 2, fromDatabase: 20 } });
    expect(faults).toBeLessThan(0);
  });

  it('lets its source go at once when the router ends it, or is gone', async () => {
    const given = source([new LiveEvent({ number: 1 })]);
    const live = router.subscribe(LIVE, {}, as);
    await live.next();
    live.complete();
    await until(() => given.left);

    const other = source([new LiveEvent({ number: 1 })]);
    const socket = await connectAsRouter(subgraph.url, routerKey);
    await socket.subscribe(LIVE, {}, as).next();
    await socket.close();
    await until(() => other.left);
  });

  it('takes no more from its source than the router reads', async () => {
    function* many(): Generator<LiveEvent> {
      for (let number = 1; number <= 2_000; number++) yield new LiveEvent({ number, text: 'x'.repeat(100_000) });
    }
    const given = source(many());
    const live = router.subscribe('subscription { live { number text } }', {}, as);
    await live.next();
    router.pause(true);
    // Time enough to take all of it.
    for (let count = 0; count < 200; count++) await subgraph.send('{ add(a: 1, b: 2) }');
    expect(given.taken).toBeLessThan(500);
    router.pause(false);
    for (let number = 2; number <= 2_000; number++) {
      const { payload } = await live.next();
      expect((payload.data!['live'] as { number: number }).number).toBe(number);
    }
  });

  it('measures how long events take from their arrival to the socket', async () => {
    const own = createMetrics();
    await router.close();
    await subgraph.drain();
    subgraph = await startSmallSubgraph({ metrics: own });
    router = await connectAsRouter(subgraph.url, routerKey);
    source([new LiveEvent({ number: 1 }), new LiveEvent({ number: 2 }, { arrivedAt: performance.now() - 300 })]);
    const live = router.subscribe(LIVE, {}, as);
    await live.next();
    await live.next();
    await until(async () => (await own.registry.metrics()).includes('subscription_hydration_seconds_count 1\n'));
    expect(await own.registry.metrics()).toContain('subscription_hydration_seconds_bucket{le="0.2"} 0\n');
  });
});
