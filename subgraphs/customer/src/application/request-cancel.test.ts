import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { input, steps } from '../testing/fixtures.ts';
import { openReplica, startDatabase, startSimulators, type Replica } from '../testing/service.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let replica: Replica;
let other: Replica;
const alice = { kind: 'customer', id: 'alice' } as const;
let keys = 0;
const key = () => `key-${(keys += 1)}`;

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

async function placedOrder(): Promise<string> {
  const { order } = await replica.placeOrder(alice, { ...input, idempotencyKey: key() });
  if (order?.status !== 'PLACED') throw new Error('not placed');
  return order.id;
}
const historyOf = async (orderId: string) =>
  (await replica.reads.historyOf([orderId])).map(({ version, status, message }) => `${version} ${status}: ${message}`);

describe('Requesting to cancel', () => {
  it('asks the café, which confirms: the order is canceled, the money goes back, an SMS says so', async () => {
    const orderId = await placedOrder();
    const requested = await replica.requestCancel(alice, { idempotencyKey: key(), orderId });
    expect(requested).toMatchObject({ order: { status: 'CANCEL_REQUESTED', version: 3 }, refusals: [] });
    await replica.follow(orderId, steps.OrderCancelConfirmed);
    await replica.workPayments(0);
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'CANCELED', payment: 'REFUNDED', version: 5 });
    expect(await historyOf(orderId)).toEqual([
      '1 PENDING_PAYMENT: received, being paid',
      '2 PLACED: paid',
      '3 CANCEL_REQUESTED: cancellation requested',
      '4 CANCELED: canceled, refunded',
      '5 CANCELED: 4000 won refunded',
    ]);
    const sms = await replica.reads.notificationsOf([orderId]);
    expect(sms.map(({ text }) => text)).toEqual(['paid', 'canceled, refunded']);
  });

  it('too late is answered: the café has accepted already, no money moves', async () => {
    const orderId = await placedOrder();
    await replica.requestCancel(alice, { idempotencyKey: key(), orderId });
    await replica.follow(orderId, steps.OrderReceived);
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'ACCEPTED', version: 4 });
    await replica.follow(orderId, steps.OrderCancelRejected);
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'ACCEPTED', payment: 'CHARGED', version: 5 });
    expect(await replica.workPayments(60_000)).toBe(0);
    expect((await historyOf(orderId)).slice(3)).toEqual([
      '4 ACCEPTED: accepted, no. 14',
      '5 ACCEPTED: too late, being made',
    ]);
    const sms = await replica.reads.notificationsOf([orderId]);
    expect(sms.map(({ id, text }) => [id, text])).toEqual([
      [`order:${orderId}:PLACED`, 'paid'],
      [`order:${orderId}:ACCEPTED`, 'accepted, no. 14'],
      [`order:${orderId}:CANCEL_REJECTED`, 'too late, being made'],
    ]);
  });

  it('again, with the same key or another one, gives the same answer and asks once', async () => {
    const orderId = await placedOrder();
    const request = { idempotencyKey: key(), orderId };
    const first = await replica.requestCancel(alice, request);
    const second = { idempotencyKey: key(), orderId };
    expect(await replica.requestCancel(alice, request)).toEqual(first);
    expect(await other.requestCancel(alice, second)).toEqual(first);
    await replica.follow(orderId, steps.OrderCancelConfirmed);
    for (const repeated of [request, second]) {
      expect(await replica.requestCancel(alice, repeated)).toMatchObject({
        order: { status: 'CANCELED' },
        refusals: [],
      });
    }
    expect(await replica.requestCancel(alice, { idempotencyKey: key(), orderId })).toMatchObject({
      refusals: [{ code: 'CANNOT_ORDER_CANCELED', status: 'CANCELED' }],
    });
  });

  it('many times at once asks once', async () => {
    const orderId = await placedOrder();
    const same = key();
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? replica : other).requestCancel(alice, {
          idempotencyKey: index % 3 === 0 ? same : key(),
          orderId,
        }),
      ),
    );
    for (const result of results)
      expect(result).toMatchObject({ order: { status: 'CANCEL_REQUESTED', version: 3 }, refusals: [] });
  });

  it('with a key that was used for another order does nothing', async () => {
    const [first, second] = [await placedOrder(), await placedOrder()];
    const idempotencyKey = key();
    await replica.requestCancel(alice, { idempotencyKey, orderId: first });
    expect(await other.requestCancel(alice, { idempotencyKey, orderId: second })).toMatchObject({
      order: null,
      refusals: [{ code: 'IDEMPOTENCY_KEY_REUSED' }],
    });
    expect(await replica.orders.byId(second)).toMatchObject({ status: 'PLACED' });
  });

  it('with one key for two orders at once cancels one of them', async () => {
    const ids = [await placedOrder(), await placedOrder()];
    const idempotencyKey = key();
    const results = await Promise.all(ids.map((orderId) => replica.requestCancel(alice, { idempotencyKey, orderId })));
    expect(results.map(({ refusals }) => refusals[0]?.code ?? 'done').toSorted()).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
      'done',
    ]);
  });

  it.each(['', 'no uuid', '00000000-0000-4000-8000-000000000000'])(
    'of an order that is none, %j, finds nothing',
    async (orderId) => {
      expect(await replica.requestCancel(alice, { idempotencyKey: key(), orderId })).toMatchObject({
        order: null,
        refusals: [{ code: 'ORDER_NOT_FOUND', path: ['input', 'orderId'] }],
      });
    },
  );

  it("of somebody else's order finds nothing, and changes nothing", async () => {
    const orderId = await placedOrder();
    const mallory = { kind: 'customer', id: 'mallory' } as const;
    expect(await replica.requestCancel(mallory, { idempotencyKey: key(), orderId })).toEqual({
      order: null,
      refusals: [expect.objectContaining({ code: 'ORDER_NOT_FOUND' })],
    });
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'PLACED' });
  });
});

describe('Following the café', () => {
  it('takes an order to its end, and ignores what comes after', async () => {
    const orderId = await placedOrder();
    for (const step of [
      'DeliveryCreated',
      'OrderReceived',
      'OrderReady',
      'OrderPickedUp',
      'OrderCancelRejected',
    ] as const) {
      await replica.follow(orderId, steps[step]);
    }
    expect((await historyOf(orderId)).slice(2)).toEqual([
      '3 ACCEPTED: accepted, no. 14',
      '4 READY: ready, code 4F2',
      '5 PICKED_UP: picked up',
    ]);
  });

  it('passes over the steps of orders that are not in this database', async () => {
    await replica.follow('00000000-0000-4000-8000-000000000000', steps.OrderReceived);
    await replica.follow('no uuid', steps.OrderReceived);
  });

  it('meets a cancel request at the same moment, and one of them comes first', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, placedOrder));
    await Promise.all(
      ids.flatMap((orderId) => [
        replica.requestCancel(alice, { idempotencyKey: key(), orderId }),
        other.follow(orderId, steps.OrderReceived),
      ]),
    );
    for (const orderId of ids) {
      const versions = (await replica.reads.historyOf([orderId])).map(({ version }) => version);
      expect(versions).toEqual(versions.map((_, index) => index + 1));
      expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'ACCEPTED', payment: 'CHARGED' });
    }
  });
});
