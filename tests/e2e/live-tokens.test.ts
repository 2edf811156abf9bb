import { connect } from 'nats';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { changeIn, LIVE, versionsOf, type LiveEvent, type LiveField } from '../harness/live-operations.ts';
import { openLive, TRANSPORTS, type LiveConnection, type Transport } from '../harness/live-transports.ts';

let cafe: Cafe;
beforeAll(async () => {
  cafe = await openCafe();
}, 90_000);
afterAll(() => cafe.close());

/** What a customer has to come back with. */
async function placed(sub: string) {
  const customer = await cafe.customer(sub);
  const { id } = await customer.paidOrder();
  return { customer, id, token: await cafe.system.token({ role: 'customer', sub }) };
}

describe.each(TRANSPORTS)('a token brought back over %s', (transport: Transport) => {
  function follow(token: string, field: LiveField, variables = {}, resume?: string): LiveConnection<LiveEvent> {
    return openLive<LiveEvent>(transport, {
      url: cafe.system.urls.graph,
      token,
      query: LIVE[field],
      variables,
      resume,
    });
  }

  async function resumeOf(token: string, field: LiveField, variables = {}): Promise<string> {
    const live = follow(token, field, variables);
    await live.until(() => true);
    live.drop();
    return live.tokens.at(-1) ?? '';
  }

  it.each([
    ['with another signature', (good: string) => good.replace(/\.(.)/, (_, first) => (first === 'A' ? '.B' : '.A'))],
    ['with another content', (good: string) => `${good.startsWith('A') ? 'B' : 'A'}${good.slice(1)}`],
    ['of other words', () => 'nothing'],
  ])('%s is told to be no good, and the present state comes', async (_, forge) => {
    const { id, token } = await placed('alice');
    const good = await resumeOf(token, 'orderStatusChanged', { id });
    const live = follow(token, 'orderStatusChanged', { id }, forge(good));
    await live.until(() => true);
    expect(live.resumed).toEqual(['expired FORGED']);
    expect(live.events.map(changeIn)).toEqual([expect.objectContaining({ orderId: id, version: 2 })]);
    live.drop();
  });

  it('of another caller is told to be no good, and brings nothing that is not the own', async () => {
    const alice = await placed('alice');
    const ofAlice = await resumeOf(alice.token, 'myOrdersChanged');
    const mallory = await placed(`mallory over ${transport}`);
    const live = follow(mallory.token, 'myOrdersChanged', {}, ofAlice);
    await live.until(() => true);
    expect(live.resumed).toEqual(['expired OTHER_CALLER']);
    expect(live.events.map((event) => changeIn(event).orderId)).toEqual([mallory.id]);
    live.drop();

    const ofOrder = await resumeOf(alice.token, 'orderStatusChanged', { id: alice.id });
    const stranger = follow(mallory.token, 'orderStatusChanged', { id: alice.id }, ofOrder);
    expect(await stranger.ended).toMatch(/^(failed|complete)$/);
    expect(stranger.events).toEqual([]);
    expect(stranger.errors).toHaveLength(1);
  });

  it('of another operation, or of the same with other variables, is told to be no good', async () => {
    const { customer, id, token } = await placed('alice');
    const other = await customer.paidOrder();
    for (const [field, variables] of [
      ['orderStatusChanged', { id: other.id }],
      ['myOrdersChanged', {}],
    ] as const) {
      const resume = await resumeOf(token, field, variables);
      const live = follow(token, 'orderStatusChanged', { id }, resume);
      await live.until(() => true);
      expect(live.resumed).toEqual(['expired OTHER_OPERATION']);
      expect(live.events.map((event) => changeIn(event).orderId)).toEqual([id]);
      live.drop();
    }
  });
});

describe('a stream that lost its past', () => {
  it('is told to whoever comes back from before it, over each transport', async () => {
    const { customer, id, token } = await placed('bob');
    const follow = (transport: Transport, resume?: string): LiveConnection<LiveEvent> =>
      openLive(transport, {
        url: cafe.system.urls.graph,
        token,
        query: LIVE.orderStatusChanged,
        variables: { id },
        resume,
      });
    const before = follow('SSE');
    await before.until(() => true);
    before.drop();
    await customer.cancel(id);
    await eventually(
      () => customer.order(id),
      (order) => order?.status === 'CANCELED' && order.payment.status === 'REFUNDED',
    );
    const version = (await customer.order(id))?.version;

    const nats = await connect({ servers: cafe.system.urls.nats });
    try {
      await (await nats.jetstreamManager()).streams.purge('ORDERS');
    } finally {
      await nats.close();
    }
    // What it holds in memory would do, too.
    await cafe.system.process('customer').kill();
    await cafe.system.process('customer').start();

    for (const transport of TRANSPORTS) {
      const after = follow(transport, before.tokens.at(-1));
      await after.until(() => true);
      expect([transport, after.resumed]).toEqual([transport, ['snapshot STREAM_GONE']]);
      expect(after.events.map(changeIn)).toEqual([
        expect.objectContaining({ orderId: id, version, status: 'CANCELED' }),
      ]);
      after.drop();
    }
  }, 90_000);

  it('is told to whoever follows it while it is lost, with the present state', async () => {
    const { customer, id, token } = await placed('carol');
    const request = { url: cafe.system.urls.graph, token, query: LIVE.orderStatusChanged, variables: { id } };
    const followers = TRANSPORTS.map((transport) => openLive<LiveEvent>(transport, request));
    await Promise.all(followers.map((live) => live.until(() => true)));

    const nats = await connect({ servers: cafe.system.urls.nats });
    try {
      await (await nats.jetstreamManager()).streams.delete('ORDERS');
    } finally {
      await nats.close();
    }
    await customer.cancel(id);
    const refunded = await eventually(
      () => customer.order(id),
      (order) => order?.status === 'CANCELED' && order.payment.status === 'REFUNDED',
    );
    for (const [at, live] of followers.entries()) {
      await live.until((event) => changeIn(event).version === refunded?.version, 60_000);
      expect([TRANSPORTS[at], live.resumed]).toEqual([TRANSPORTS[at], ['snapshot STREAM_GONE']]);
      const versions = versionsOf(live.events, id);
      expect(versions).toEqual(versions.toSorted((one, other) => one - other));
      live.drop();
    }
  }, 90_000);
});
