import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import { input, now, steps } from '../testing/fixtures.ts';
import { openReplica, startDatabase, startSimulators, type Replica } from '../testing/service.ts';
import { createPlaceOrder } from './place-order.ts';
import type { Payment } from './ports.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let replica: Replica;
let other: Replica;
const alice = { kind: 'customer', id: 'alice' } as const;
const sweepMs = 5_000;
const never = new Promise<never>(() => undefined);
let keys = 0;
const fresh = () => ({ ...input, idempotencyKey: `key-${(keys += 1)}` });

beforeAll(async () => {
  [database, simulators] = await Promise.all([startDatabase(), startSimulators()]);
  replica = openReplica(database.url, simulators);
  other = openReplica(database.url, simulators);
  await replica.saveCafe();
  await replica.saveMenuItem('IceAmericano', 2000);
});
beforeEach(async () => {
  await database.query('TRUNCATE orders, order_history, notification, outbox');
  await simulators.reset();
  replica.time.now = other.time.now = now;
});
afterAll(async () => {
  await Promise.all([replica.close(), other.close(), simulators.stop()]);
  await database.drop();
});

/** Places an order in a process that dies where `charge` says. @returns the order as the dead process left it */
async function placeAndDie(charge: Payment['charge']) {
  const request = fresh();
  void createPlaceOrder({ ...replica.placing, payment: { charge } })(alice, request);
  return (await until(() => replica.orders.byKey('alice', request.idempotencyKey))).order;
}

async function moneyOf(orderId: string) {
  const book = await simulators.book();
  const [charge, refund] = [`order:${orderId}:charge`, `order:${orderId}:refund`];
  return {
    charges: book.charges.filter(({ key }) => key === charge).length,
    chargeAttempts: book.chargeAttempts[charge] ?? 0,
    refunds: book.refunds.filter(({ key }) => key === refund).length,
    refundAttempts: book.refundAttempts[refund] ?? 0,
  };
}

describe('A charge whose outcome is open', () => {
  it('is made by the worker when the process died before it', async () => {
    const order = await placeAndDie(() => never);
    expect(await other.workPayments(sweepMs)).toBe(1);
    expect(await other.orders.byId(order.id)).toMatchObject({ status: 'PLACED', payment: 'CHARGED', version: 2 });
    expect(await moneyOf(order.id)).toMatchObject({ charges: 1, chargeAttempts: 1 });
  });

  it('is found by its key when the process died after it, and not made again', async () => {
    let charged = (): void => undefined;
    const isCharged = new Promise<void>((resolve) => (charged = resolve));
    const order = await placeAndDie(async (of) => {
      await replica.payment.charge(of);
      charged();
      return never;
    });
    await isCharged;
    await other.workPayments(sweepMs);
    expect(await other.orders.byId(order.id)).toMatchObject({ status: 'PLACED', version: 2 });
    expect(await moneyOf(order.id)).toMatchObject({ charges: 1, chargeAttempts: 1 });
  });

  it('ends the order when the provider had declined it, though its answer was lost', async () => {
    await simulators.turnPayment({ mode: 'lose-declined', nextCharges: 1 });
    const { order } = await replica.placeOrder(alice, fresh());
    expect(order).toMatchObject({ payment: 'UNKNOWN' });
    await other.workPayments(sweepMs);
    expect(await other.orders.byId(order?.id ?? '')).toMatchObject({
      status: 'PAYMENT_FAILED',
      failure: { kind: 'DECLINED', reason: 'card declined' },
    });
  });

  it('places the order when the provider had charged it, though its answer was lost', async () => {
    await simulators.turnPayment({ mode: 'lose', nextCharges: 1 });
    const request = fresh();
    const { order } = await replica.placeOrder(alice, request);
    await other.workPayments(sweepMs);
    const placed = await other.orders.byId(order?.id ?? '');
    expect(placed).toMatchObject({ status: 'PLACED', version: 2 });
    expect(await moneyOf(order?.id ?? '')).toMatchObject({ charges: 1, chargeAttempts: 1 });
    expect(await replica.placeOrder(alice, request)).toEqual({ order: placed, refusals: [] });
  });

  it('stays open while the provider is silent, and is asked again later', async () => {
    await simulators.turnPayment({ mode: 'lose', lookupMode: 'fail', nextCharges: 1 });
    const { order } = await replica.placeOrder(alice, fresh());
    expect(await other.workPayments(sweepMs)).toBe(1);
    expect(await other.orders.byId(order?.id ?? '')).toEqual(order);
    expect(await other.workPayments(999)).toBe(0);
    await simulators.turnPayment({ lookupMode: 'ok' });
    expect(await other.workPayments(1)).toBe(1);
    expect(await other.orders.byId(order?.id ?? '')).toMatchObject({ status: 'PLACED' });
  });

  it('is not given up because the provider can not be reached now', async () => {
    await simulators.turnPayment({ mode: 'lose', nextCharges: 1 });
    const { order } = await replica.placeOrder(alice, fresh());
    const cutOff = openReplica(database.url, { ...simulators, paymentUrl: 'http://127.0.0.1:1' });
    expect(await cutOff.workPayments(sweepMs)).toBe(1);
    expect(await other.orders.byId(order?.id ?? '')).toMatchObject({ status: 'PENDING_PAYMENT', payment: 'UNKNOWN' });
    await cutOff.close();
  });

  it('is worked on by one of several replicas, and has one effect whoever comes first', async () => {
    const order = await placeAndDie(() => never);
    const worked = await Promise.all([replica, other].map((each) => each.workPayments(sweepMs)));
    expect(worked.reduce((sum, count) => sum + count)).toBe(1);
    expect(await other.orders.byId(order.id)).toMatchObject({ status: 'PLACED', version: 2 });
    expect(await moneyOf(order.id)).toMatchObject({ charges: 1 });
  });

  it('is not looked at before its time', async () => {
    await placeAndDie(() => never);
    expect(await other.workPayments(sweepMs - 1)).toBe(0);
  });
});

describe('A refund', () => {
  async function rejectedOrder(): Promise<string> {
    const { order } = await replica.placeOrder(alice, fresh());
    if (order === null) throw new Error('not placed');
    await replica.follow(order.id, steps.OrderRejected);
    return order.id;
  }

  it('is due as soon as the café has said no, happens once, and is a version of its own', async () => {
    const orderId = await rejectedOrder();
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'REJECTED', payment: 'REFUNDING', version: 3 });
    expect(await other.workPayments(0)).toBe(1);
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'REJECTED', payment: 'REFUNDED', version: 4 });
    expect(await other.workPayments(60_000)).toBe(0);
    expect(await moneyOf(orderId)).toMatchObject({ charges: 1, refunds: 1, refundAttempts: 1 });
    const events = await database.query(
      `SELECT envelope->>'type' AS type, envelope->'data'->>'status' AS status FROM outbox WHERE aggregate_version = 4`,
    );
    expect(events).toEqual([{ type: 'PaymentRefunded', status: 'REJECTED' }]);
  });

  it('is tried until the provider confirms it', async () => {
    await simulators.turnPayment({ refundMode: 'fail' });
    const orderId = await rejectedOrder();
    await other.workPayments(0);
    await other.workPayments(1_000);
    expect(await replica.orders.byId(orderId)).toMatchObject({ payment: 'REFUNDING', version: 3 });
    await simulators.turnPayment({ refundMode: 'ok' });
    await other.workPayments(1_000);
    expect(await replica.orders.byId(orderId)).toMatchObject({ payment: 'REFUNDED' });
    expect(await moneyOf(orderId)).toMatchObject({ refunds: 1, refundAttempts: 3 });
  });

  it('whose answer was lost is found by its key, so there is one', async () => {
    await simulators.turnPayment({ refundMode: 'lose' });
    const orderId = await rejectedOrder();
    await other.workPayments(0);
    expect(await replica.orders.byId(orderId)).toMatchObject({ payment: 'REFUNDING' });
    await other.workPayments(1_000);
    expect(await replica.orders.byId(orderId)).toMatchObject({ payment: 'REFUNDED', version: 4 });
    expect(await moneyOf(orderId)).toMatchObject({ refunds: 1, refundAttempts: 1 });
  });

  it('that a process died over is taken up by another when its claim has run out', async () => {
    const orderId = await rejectedOrder();
    expect(await replica.queue.take(10, now, replica.after(10_000))).toHaveLength(1);
    expect(await other.workPayments(9_999)).toBe(0);
    expect(await other.workPayments(1)).toBe(1);
    expect(await moneyOf(orderId)).toMatchObject({ refunds: 1 });
  });
});
