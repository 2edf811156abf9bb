import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import { input } from '../testing/fixtures.ts';
import { openReplica, startDatabase, startSimulators, type Replica } from '../testing/service.ts';
import { createPlaceOrder } from './place-order.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let replica: Replica;
let other: Replica;
const alice = { kind: 'customer', id: 'alice' } as const;
let keys = 0;
const fresh = (change: Partial<typeof input> = {}) => ({ ...input, idempotencyKey: `key-${(keys += 1)}`, ...change });

beforeAll(async () => {
  [database, simulators] = await Promise.all([startDatabase(), startSimulators()]);
  replica = openReplica(database.url, simulators);
  other = openReplica(database.url, simulators);
  await replica.saveCafe();
  await replica.saveMenuItem('IceAmericano', 2000);
});
afterAll(async () => {
  await Promise.all([replica.close(), other.close(), simulators.stop()]);
  await database.drop();
});
afterEach(async () => {
  await simulators.turnPayment({ mode: 'ok', latencyMs: 0 });
});

const countOrders = async () => Number((await database.query<{ n: string }>('SELECT count(*) AS n FROM orders'))[0]?.n);
const eventsOf = async (orderId: string | undefined) =>
  (
    await database.query<{ text: string }>(
      `SELECT aggregate_version || ' ' || (envelope->>'type') AS text FROM outbox WHERE aggregate_id = $1 ORDER BY position`,
      [orderId],
    )
  ).map(({ text }) => text);
const chargesOf = async (orderId: string | undefined) => {
  const book = await simulators.book();
  const key = `order:${orderId}:charge`;
  return { charges: book.charges.filter((charge) => charge.key === key), attempts: book.chargeAttempts[key] ?? 0 };
};

describe('Placing an order', () => {
  it('saves row, history, event and SMS of each version, and charges once', async () => {
    const { order, refusals } = await replica.placeOrder(alice, fresh());
    expect(refusals).toEqual([]);
    expect(order).toMatchObject({
      status: 'PLACED',
      payment: 'CHARGED',
      version: 2,
      total: 4000,
      smsTo: 'member:alice',
    });
    expect(await replica.orders.byId(order?.id ?? '')).toEqual(order);
    expect(await eventsOf(order?.id)).toEqual(['1 OrderPlaced', '2 PaymentCompleted']);
    expect(await replica.reads.historyOf([order?.id ?? ''])).toMatchObject([
      { version: 1, status: 'PENDING_PAYMENT' },
      { version: 2, status: 'PLACED', message: 'paid' },
    ]);
    expect(await replica.reads.notificationsOf([order?.id ?? ''])).toMatchObject([
      { id: `order:${order?.id}:PLACED`, text: 'paid', status: 'PENDING', sentAt: null },
    ]);
    expect(await chargesOf(order?.id)).toMatchObject({ charges: [{ status: 'CHARGED', amount: 4000 }], attempts: 1 });
  });

  it('sends SMS to the phone of the order, else to that of the membership', async () => {
    const member = { ...alice, phone: '010-1111-2222' };
    const { order } = await replica.placeOrder(member, fresh({ phone: '010-3333-4444' }));
    expect(order?.smsTo).toBe('010-3333-4444');
    expect((await replica.placeOrder(member, fresh())).order?.smsTo).toBe('010-1111-2222');
  });

  it('keeps names with emoji and quotes exactly, and the same product on two lines', async () => {
    const product = `🧋 "흑당" O'Latte \\ ${'☕'.repeat(20)}`;
    await replica.saveMenuItem(product, 5500);
    const line = { product, qty: 1 };
    const { order } = await replica.placeOrder(alice, fresh({ lines: [line, line] }));
    const stored = await replica.orders.byId(order?.id ?? '');
    expect(stored?.lines).toEqual([
      { ...line, unitPrice: 5500 },
      { ...line, unitPrice: 5500 },
    ]);
    expect(stored?.total).toBe(11_000);
  });

  it('places a free order without asking the provider', async () => {
    await replica.saveMenuItem('Water', 0);
    const { order } = await replica.placeOrder(alice, fresh({ lines: [{ product: 'Water', qty: 1 }] }));
    expect(order?.status).toBe('PLACED');
    expect((await chargesOf(order?.id)).attempts).toBe(0);
  });
});

describe('An idempotency key', () => {
  it('that is repeated gives the first result, in this and in another process', async () => {
    const request = fresh();
    const first = await replica.placeOrder(alice, request);
    expect(await replica.placeOrder(alice, request)).toEqual(first);
    expect(await other.placeOrder(alice, request)).toEqual(first);
    expect((await chargesOf(first.order?.id)).attempts).toBe(1);
  });

  it('gives the first result although the price has changed since', async () => {
    await replica.saveMenuItem('Cake', 5000);
    const request = fresh({ lines: [{ product: 'Cake', qty: 1 }], expectedTotal: 5000 });
    const first = await replica.placeOrder(alice, request);
    await replica.saveMenuItem('Cake', 6000);
    expect(await replica.placeOrder(alice, request)).toEqual(first);
    expect(first.order?.total).toBe(5000);
  });

  it('gives a declined payment again, with the same refusal', async () => {
    await simulators.turnPayment({ mode: 'decline' });
    const request = fresh();
    const first = await replica.placeOrder(alice, request);
    await simulators.turnPayment({ mode: 'ok' });
    expect(first).toMatchObject({ order: { status: 'PAYMENT_FAILED' }, refusals: [{ code: 'PAYMENT_DECLINED' }] });
    expect(await other.placeOrder(alice, request)).toEqual(first);
  });

  it.each([{ lines: [{ product: 'IceAmericano', qty: 3 }] }, { phone: '010-1234-5678' }, { expectedTotal: 4000 }])(
    'is refused with another input, %j, and nothing is created',
    async (change) => {
      const request = fresh();
      await replica.placeOrder(alice, request);
      const before = await countOrders();
      const refused = { order: null, refusals: [expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED' })] };
      expect(await replica.placeOrder(alice, { ...request, ...change })).toEqual(refused);
      expect(await other.placeOrder(alice, { ...request, ...change })).toEqual(refused);
      expect(await countOrders()).toBe(before);
    },
  );

  it('of one customer is free for another', async () => {
    const request = fresh();
    const [mine, hers] = await Promise.all([
      replica.placeOrder(alice, request),
      replica.placeOrder({ kind: 'customer', id: 'carol' }, request),
    ]);
    expect(mine.order?.id).not.toBe(hers.order?.id);
  });

  it('used by many at once makes one order and one charge, and all get the same result', async () => {
    await simulators.turnPayment({ latencyMs: 60 });
    const request = fresh();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? replica : other).placeOrder(alice, request)),
    );
    const [first] = results;
    expect(first).toMatchObject({ order: { status: 'PLACED' }, refusals: [] });
    for (const result of results) expect(result).toEqual(first);
    expect((await chargesOf(first?.order?.id)).attempts).toBe(1);
  });

  it('used by two at once with different inputs makes one order', async () => {
    const request = fresh();
    const results = await Promise.all([
      replica.placeOrder(alice, request),
      replica.placeOrder(alice, { ...request, lines: [{ product: 'IceAmericano', qty: 9 }] }),
    ]);
    expect(results.map(({ order }) => order?.status ?? null)).toEqual(['PLACED', null]);
  });

  it('of a refused request is not remembered', async () => {
    const request = fresh({ expectedTotal: 1 });
    expect(await replica.placeOrder(alice, request)).toMatchObject({
      order: null,
      refusals: [{ code: 'PRICE_CHANGED' }],
    });
    expect(await replica.placeOrder(alice, { ...request, expectedTotal: 4000 })).toMatchObject({
      order: { status: 'PLACED' },
    });
  });
});

describe('A menu that changed since this process read it', () => {
  const line = (product: string) => fresh({ lines: [{ product, qty: 1 }] });

  it('gives the new price, though another replica heard of it', async () => {
    await replica.saveMenuItem('Mocha', 4000);
    expect((await other.placeOrder(alice, line('Mocha'))).order?.total).toBe(4000);
    await replica.saveMenuItem('Mocha', 4500);
    expect((await other.placeOrder(alice, line('Mocha'))).order?.total).toBe(4500);
    const before = await countOrders();
    expect(await other.placeOrder(alice, { ...line('Mocha'), expectedTotal: 4000 })).toMatchObject({
      order: null,
      refusals: [{ code: 'PRICE_CHANGED', total: 4500 }],
    });
    expect(await countOrders()).toBe(before);
  });

  it('refuses what is sold out and what was never there, and charges nothing', async () => {
    await replica.saveMenuItem('Bagel', 3000);
    await other.placeOrder(alice, line('Bagel'));
    await replica.saveMenuItem('Bagel', 3000, false);
    const { charges } = await simulators.book();
    expect(await other.placeOrder(alice, line('Bagel'))).toMatchObject({
      refusals: [{ code: 'ITEM_SOLD_OUT', product: 'Bagel' }],
    });
    expect(await other.placeOrder(alice, line('Bread'))).toMatchObject({ refusals: [{ code: 'ITEM_NOT_FOUND' }] });
    await replica.saveMenuItem('Bagel', 3000);
    expect(await other.placeOrder(alice, line('Bagel'))).toMatchObject({ order: { status: 'PLACED' } });
    expect((await simulators.book()).charges).toHaveLength(charges.length + 1);
  });

  it('refuses at a closed café, and takes orders once it is open again', async () => {
    await replica.saveCafe(false);
    expect(await other.placeOrder(alice, fresh())).toMatchObject({ order: null, refusals: [{ code: 'CAFE_CLOSED' }] });
    await replica.saveCafe(true);
    expect(await other.placeOrder(alice, fresh())).toMatchObject({ order: { status: 'PLACED' } });
    expect(await other.placeOrder(alice, fresh({ cafeId: '404' }))).toMatchObject({
      refusals: [{ code: 'CAFE_NOT_FOUND' }],
    });
  });
});

describe('The payment provider', () => {
  it('that gives no answer leaves the order open and says no error', async () => {
    await simulators.turnPayment({ mode: 'hang' });
    const { order, refusals } = await replica.placeOrder(alice, fresh());
    expect(refusals).toEqual([]);
    expect(order).toMatchObject({ status: 'PENDING_PAYMENT', payment: 'UNKNOWN', version: 1 });
    expect(await replica.orders.byId(order?.id ?? '')).toEqual(order);
    expect(await eventsOf(order?.id)).toEqual(['1 OrderPlaced']);
  });

  it('that fails leaves the order open: nobody knows what it did', async () => {
    await simulators.turnPayment({ mode: 'fail' });
    expect(await replica.placeOrder(alice, fresh())).toMatchObject({ order: { payment: 'UNKNOWN' }, refusals: [] });
  });

  it('that can not be reached ends the order at once, and says when to try again', async () => {
    const unreachable = openReplica(database.url, { ...simulators, paymentUrl: 'http://127.0.0.1:1' });
    const request = fresh();
    const result = await unreachable.placeOrder(alice, request);
    expect(result).toMatchObject({
      order: { status: 'PAYMENT_FAILED', payment: 'FAILED', version: 2 },
      refusals: [{ code: 'PAYMENT_UNAVAILABLE', retryAfterSeconds: 10 }],
    });
    expect(await eventsOf(result.order?.id)).toEqual(['1 OrderPlaced', '2 PaymentFailed']);
    expect(await unreachable.placeOrder(alice, request)).toEqual(result);
    await unreachable.close();
  });

  it('that could not be reached does not end an order that a worker is charging meanwhile', async () => {
    let fail = (): void => undefined;
    const refused = new Promise<void>((resolve) => (fail = resolve));
    const slow = createPlaceOrder({
      ...replica.placing,
      payment: { charge: () => refused.then(() => ({ kind: 'UNAVAILABLE', retryAfterSeconds: 1 }) as const) },
    });
    const request = fresh();
    const placing = slow(alice, request);
    const found = await until(() => replica.orders.byKey('alice', request.idempotencyKey));
    const later = new Date(found.order.placedAt.getTime() + 60_000);
    const claimed = await replica.queue.take(100, later, later);
    expect(claimed.map(({ order }) => order.id)).toContain(found.order.id);
    fail();
    expect(await placing).toMatchObject({ order: { status: 'PENDING_PAYMENT' }, refusals: [] });
  });
});
