import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { input, now, steps } from '../testing/fixtures.ts';
import { openReplica, startDatabase, startSimulators, type Replica } from '../testing/service.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let replica: Replica;
let other: Replica;
let keys = 0;

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

async function placedOrder(phone: string | null = '010-1234-5678', id = 'alice'): Promise<string> {
  const request = { ...input, idempotencyKey: `key-${(keys += 1)}`, phone };
  const { order } = await replica.placeOrder({ kind: 'customer', id }, request);
  if (order?.status !== 'PLACED') throw new Error('not placed');
  return order.id;
}
const inbox = async (to = '010-1234-5678') => (await simulators.inbox(to)).map(({ text }) => text);
const statuses = async (orderId: string) =>
  (await replica.reads.notificationsOf([orderId])).map(({ text, status }) => `${text}: ${status}`);

describe('SMS', () => {
  it('are sent once each, in the order of the changes', async () => {
    const orderId = await placedOrder();
    await replica.follow(orderId, steps.OrderReceived);
    await replica.follow(orderId, steps.OrderReady);
    expect([await replica.sendSms(), await other.sendSms(), await replica.sendSms(), await other.sendSms()]).toEqual([
      1, 1, 1, 0,
    ]);
    expect(await inbox()).toEqual(['paid', 'accepted, no. 14', 'ready, code 4F2']);
    const [first] = await replica.reads.notificationsOf([orderId]);
    expect(first).toMatchObject({ id: `order:${orderId}:PLACED`, status: 'SENT', sentAt: replica.time.now });
  });

  it.each(['alice', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'])('go to member %s when no number is known', async (id) => {
    await placedOrder(null, id);
    await replica.sendSms();
    expect(await inbox(`member:${id}`)).toEqual(['paid']);
  });

  it('wait while the provider is down, and hold up no order', async () => {
    await simulators.turnSms({ mode: 'fail' });
    const orderId = await placedOrder();
    await replica.sendSms();
    await replica.follow(orderId, steps.OrderReceived);
    expect(await replica.orders.byId(orderId)).toMatchObject({ status: 'ACCEPTED' });
    // The newer one waits with the older one for the next try.
    expect(await replica.sendSms(999)).toBe(0);
    expect(await statuses(orderId)).toEqual(['paid: PENDING', 'accepted, no. 14: PENDING']);
  });

  it('that became stale while the provider was down are dropped, once the newest was sent', async () => {
    await simulators.turnSms({ mode: 'fail' });
    const orderId = await placedOrder();
    await replica.sendSms();
    await replica.follow(orderId, steps.OrderReceived);
    await replica.follow(orderId, steps.OrderReady);
    expect(await other.sendSms(1_000)).toBe(1);
    // The newest failed, too, and nothing is lost.
    expect(await statuses(orderId)).toEqual(['paid: PENDING', 'accepted, no. 14: PENDING', 'ready, code 4F2: PENDING']);
    expect(await replica.sendSms(1_000)).toBe(0);
    await simulators.turnSms({ mode: 'ok' });
    expect(await replica.sendSms(1_000)).toBe(1);
    expect(await statuses(orderId)).toEqual(['paid: DROPPED', 'accepted, no. 14: DROPPED', 'ready, code 4F2: SENT']);
    expect(await replica.sendSms(60_000)).toBe(0);
    expect(await inbox()).toEqual(['ready, code 4F2']);
  });

  it('that come after the outage go in order again', async () => {
    await simulators.turnSms({ mode: 'fail' });
    const orderId = await placedOrder();
    await replica.sendSms();
    await simulators.turnSms({ mode: 'ok' });
    await replica.sendSms(1_000);
    await replica.follow(orderId, steps.OrderReceived);
    await replica.follow(orderId, steps.OrderReady);
    await replica.sendSms();
    await replica.sendSms();
    expect(await inbox()).toEqual(['paid', 'accepted, no. 14', 'ready, code 4F2']);
  });

  it('that are under way hold up newer ones, so that none arrives late', async () => {
    const orderId = await placedOrder();
    const [paid] = await replica.smsQueue.take(10, replica.time.now, replica.after(10_000));
    if (paid === undefined) throw new Error('nothing was due');
    await replica.follow(orderId, steps.OrderReceived);
    expect(await other.sendSms(9_999)).toBe(0);
    await replica.smsQueue.settle([{ sms: paid, status: 'SENT', at: now }]);
    expect(await other.sendSms()).toBe(1);
    expect(await statuses(orderId)).toEqual(['paid: SENT', 'accepted, no. 14: SENT']);
  });

  it('whose answer was lost arrive once', async () => {
    await simulators.turnSms({ mode: 'lose' });
    const orderId = await placedOrder();
    await replica.sendSms();
    expect(await statuses(orderId)).toEqual(['paid: PENDING']);
    await simulators.turnSms({ mode: 'ok' });
    await replica.sendSms(1_000);
    expect(await statuses(orderId)).toEqual(['paid: SENT']);
    expect(await inbox()).toEqual(['paid']);
  });

  it('that the provider refuses for good are dropped, and the next ones go out', async () => {
    const orderId = await placedOrder();
    await database.query(`UPDATE notification SET recipient = repeat('x', 251)`);
    await replica.follow(orderId, steps.OrderReceived);
    await replica.sendSms();
    await replica.sendSms();
    expect(await statuses(orderId)).toEqual(['paid: DROPPED', 'accepted, no. 14: SENT']);
  });

  it('older than one that is refused for good still go out', async () => {
    await simulators.turnSms({ mode: 'fail' });
    const orderId = await placedOrder();
    await replica.sendSms();
    await replica.follow(orderId, steps.OrderReceived);
    await database.query(`UPDATE notification SET recipient = repeat('x', 251) WHERE what = 'ACCEPTED'`);
    await simulators.turnSms({ mode: 'ok' });
    await replica.sendSms(1_000);
    expect(await statuses(orderId)).toEqual(['paid: PENDING', 'accepted, no. 14: DROPPED']);
    await replica.sendSms();
    expect(await statuses(orderId)).toEqual(['paid: SENT', 'accepted, no. 14: DROPPED']);
  });

  it('are claimed by one of several replicas', async () => {
    await Promise.all(Array.from({ length: 8 }, () => placedOrder()));
    const [here, there] = await Promise.all([replica.sendSms(), other.sendSms()]);
    expect(here + there).toBe(8);
    expect(await inbox()).toHaveLength(8);
  });

  it('that a process died over are sent by another when its claim has run out', async () => {
    await placedOrder();
    expect(await replica.smsQueue.take(10, replica.time.now, replica.after(10_000))).toHaveLength(1);
    expect(await other.sendSms(9_999)).toBe(0);
    expect(await other.sendSms(1)).toBe(1);
  });
});
