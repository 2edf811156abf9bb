import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { createProxy } from '@cafe-for-me/lib/testing/proxy';
import { connectAsRouter, type RouterSocket, type WireMessage } from '@cafe-for-me/lib/testing/router-socket';
import { ensureStream } from '@cafe-for-me/lib/streams';
import { until } from '@cafe-for-me/lib/testing/until';
import { STREAMS } from '@cafe-for-me/schema/events';
import { clock, steps } from './testing/fixtures.ts';
import { callerAt, routerKey, startBroker, startService } from './testing/process.ts';
import { startDatabase, startSimulators } from './testing/service.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let broker: Awaited<ReturnType<typeof startBroker>>;
let service: Awaited<ReturnType<typeof startService>>;
let replica: Awaited<ReturnType<typeof startService>>;
let alice: Awaited<ReturnType<typeof callerAt>>;
let router: RouterSocket;

beforeAll(async () => {
  [database, simulators, broker] = await Promise.all([startDatabase(), startSimulators(), startBroker()]);
  await ensureStream(broker.connection, STREAMS.ORDERS);
  const given = { ...simulators, databaseUrl: database.url, natsUrl: broker.nats.url };
  [service, replica] = await Promise.all([startService(given), startService(given)]);
  alice = await callerAt(service.url, claims);
  router = await connectAsRouter(service.url, routerKey);
  await broker.publish('CafeSaved', 'cafe:92', 1, { ...clock, name: 'Gangnam', open: true });
  await broker.publish('MenuItemSaved', 'cafe:92', 2, { product: 'IceAmericano', price: 2000, available: true });
  await until(() => service.isReady());
});
afterAll(async () => {
  await Promise.all([alice.close(), router.close()]);
  await Promise.all([service.stop(), replica.stop()]);
  await Promise.all([broker.stop(), simulators.stop()]);
  await database.drop();
});

const claims = { sub: 'alice', role: 'customer', phone: '010-1234-5678' };
const PLACE = 'mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }';
const WATCH =
  'subscription($orderId: ID!) { orderStatusChanged(orderId: $orderId) { version status order { version } } }';
const MINE = 'subscription { myOrdersChanged { orderId version } }';

async function placedOrder(): Promise<string> {
  const input = { idempotencyKey: randomUUID(), lines: [{ product: 'IceAmericano', qty: 2 }] };
  const { data } = await alice.ask(PLACE, { input });
  return (data as { placeOrder: { order: { id: string } } }).placeOrder.order.id;
}

const version = ({ payload }: WireMessage) => (payload.data!['orderStatusChanged'] as { version: number }).version;

describe('A live order on the wire', () => {
  it('says its place with the snapshot and with each event, and when each happened', async () => {
    const orderId = await placedOrder();
    const order = router.subscribe(WATCH, { orderId }, { claims });
    const first = await order.next();
    expect(first).toMatchObject({
      type: 'next',
      payload: {
        data: { orderStatusChanged: { version: 2, status: 'PLACED', order: { version: 2 } } },
        extensions: { position: expect.stringMatching(/^ORDERS-\w+~\d+/) as string },
      },
    });
    expect(first.payload.extensions).not.toHaveProperty('occurredAt');
    await broker.publish('OrderReceived', orderId, 1, steps.OrderReceived.data);
    const next = await order.nextOf('next');
    expect(version(next)).toBe(3);
    expect(next.payload.extensions).toEqual({
      position: expect.stringMatching(/^ORDERS-\w+~\d+$/) as string,
      occurredAt: expect.any(Number) as number,
    });
    order.complete();
  });

  it('goes on where it was, on another replica too, with what was missed and nothing else', async () => {
    const orderId = await placedOrder();
    const order = router.subscribe(WATCH, { orderId }, { claims });
    const { position } = (await order.next()).payload.extensions!;
    await broker.publish('OrderReceived', orderId, 1, steps.OrderReceived.data);
    await broker.publish('OrderReady', orderId, 2, steps.OrderReady.data);
    while (version(await order.nextOf('next')) < 4);
    order.complete();
    const there = await connectAsRouter(replica.url, routerKey);
    const again = there.subscribe(WATCH, { orderId }, { claims, resumeFrom: position });
    const missed = await again.nextOf('next');
    expect(version(missed)).toBe(3);
    expect(missed.payload.extensions).toMatchObject({ resumed: 'exact' });
    const last = await again.nextOf('next');
    expect(version(last)).toBe(4);
    expect(last.payload.extensions).not.toHaveProperty('resumed');
    await there.close();

    const later = router.subscribe(WATCH, { orderId }, { claims, resumeFrom: last.payload.extensions!.position });
    expect(await later.next()).toMatchObject({
      type: 'ping',
      payload: { resumed: 'exact', position: expect.any(String) as string },
    });
    later.complete();
  });

  it('begins with the present state again where it cannot go on, and says so', async () => {
    const orderId = await placedOrder();
    for (const resumeFrom of ['nonsense', 'ORDERS-other~7', 'ORDERS~1']) {
      const order = router.subscribe(WATCH, { orderId }, { claims, resumeFrom });
      const first = await order.next();
      expect(version(first)).toBe(2);
      expect(first.payload.extensions).toMatchObject({ resumed: 'snapshot' });
      order.complete();
    }
  });

  it('tells its place in a ping when there is nothing to tell', async () => {
    const bob = { sub: 'bob', role: 'customer' };
    const mine = router.subscribe(MINE, {}, { claims: bob });
    expect(await mine.next()).toEqual({
      type: 'ping',
      payload: { id: mine.id, position: expect.stringMatching(/^ORDERS-\w+~\d+$/) as string },
    });
    mine.complete();
  });

  it('is nobody else’s, also with a place of it', async () => {
    const orderId = await placedOrder();
    const own = router.subscribe(WATCH, { orderId }, { claims });
    const { position: resumeFrom } = (await own.next()).payload.extensions!;
    own.complete();
    const mallory = { sub: 'mallory', role: 'customer' };
    const staff = { sub: 'bob', role: 'staff', cafes: ['92'] };
    for (const who of [mallory, staff, null]) {
      const order = router.subscribe(WATCH, { orderId }, { claims: who, resumeFrom });
      expect(await order.next()).toMatchObject({
        payload: { errors: [{ extensions: { code: who === null ? 'UNAUTHENTICATED' : 'FORBIDDEN' } }] },
      });
    }
    const mine = router.subscribe(MINE, {}, { claims: mallory, resumeFrom });
    expect(await mine.next()).toMatchObject({ type: 'ping', payload: { resumed: 'exact' } });
    await broker.publish('OrderReceived', orderId, 1, steps.OrderReceived.data);
    const other = router.subscribe(WATCH, { orderId }, { claims, resumeFrom });
    await other.nextOf('next');
    expect(mine.waiting).toEqual([]);
  });

  it('waits for the database, at its beginning and later, and misses nothing', async () => {
    const orderId = await placedOrder();
    const proxy = await createProxy(database.url);
    const lone = await startService({ ...simulators, databaseUrl: proxy.url, natsUrl: broker.nats.url });
    const there = await connectAsRouter(lone.url, routerKey);
    try {
      const order = there.subscribe(WATCH, { orderId }, { claims });
      expect(version(await order.nextOf('next'))).toBe(2);
      await proxy.cut();
      await broker.publish('OrderReceived', orderId, 1, steps.OrderReceived.data);
      const here = router.subscribe(WATCH, { orderId }, { claims });
      while (version(await here.nextOf('next')) < 3);
      // This one knows of the event, and that the order's row can't be read.
      const late = there.subscribe(MINE, {}, { claims });
      await proxy.restore();
      const event = await order.nextOf('next');
      expect(event.payload).toMatchObject({ data: { orderStatusChanged: { version: 3, order: { version: 3 } } } });
      expect(event.payload).not.toHaveProperty('errors');
      const first = await late.nextOf('next');
      expect(first.payload).not.toHaveProperty('errors');
    } finally {
      await there.close();
      await lone.stop();
      await proxy.close();
    }
  });

  it('begins without the broker, and has a place when that is there', async () => {
    const orderId = await placedOrder();
    const proxy = await createProxy(broker.nats.url);
    await proxy.cut();
    const lone = await startService({ ...simulators, databaseUrl: database.url, natsUrl: proxy.url });
    const there = await connectAsRouter(lone.url, routerKey);
    try {
      const order = there.subscribe(WATCH, { orderId }, { claims });
      expect((await order.next()).payload).toMatchObject({
        data: { orderStatusChanged: { version: 2 } },
        extensions: {},
      });
      await proxy.restore();
      expect((await order.next()).payload).toMatchObject({
        data: { orderStatusChanged: { version: 2 } },
        extensions: { resumed: 'snapshot', position: expect.any(String) as string },
      });
    } finally {
      await there.close();
      await lone.stop();
      await proxy.close();
    }
  });
});
