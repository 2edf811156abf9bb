import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { changeIn, LIVE, versionsOf, wrongIn, type LiveEvent, type LiveField } from '../harness/live-operations.ts';
import { openLive, TRANSPORTS, type LiveConnection, type Transport } from '../harness/live-transports.ts';

let cafe: Cafe;
beforeAll(async () => {
  cafe = await openCafe();
}, 90_000);
afterAll(() => cafe.close());

const statusIs =
  (status: string, orderId?: string) =>
  (event: LiveEvent): boolean => {
    const change = changeIn(event);
    return change.status === status && (orderId === undefined || change.orderId === orderId);
  };

async function staffAccept(orderId: string): Promise<void> {
  const staff = await cafe.staff();
  await eventually(
    () => staff.act('acceptOrder', orderId),
    ({ userErrors }) => userErrors.length === 0,
  );
}

/** @returns the pickup code */
async function staffMakeReady(orderId: string): Promise<string> {
  const staff = await cafe.staff();
  const { delivery } = await staff.act('markReady', orderId);
  return delivery?.pickupCode ?? '';
}

async function staffHandOver(orderId: string, pickupCode: string): Promise<void> {
  const { userErrors } = await (await cafe.staff()).act('handOver', orderId, { pickupCode });
  expect(userErrors).toEqual([]);
}

describe.each(TRANSPORTS)('live over %s', (transport: Transport) => {
  const subject = `customer over ${transport}`;

  function follow(token: string, field: LiveField, variables = {}, resume?: string): LiveConnection<LiveEvent> {
    return openLive<LiveEvent>(transport, {
      url: cafe.system.urls.graph,
      token,
      query: LIVE[field],
      variables,
      resume,
    });
  }

  it('tells the present state, then each version once; and goes on from any of them, exactly', async () => {
    const customer = await cafe.customer(subject);
    const token = await cafe.system.token({ role: 'customer', sub: subject });
    const order = await customer.paidOrder();
    const whole = follow(token, 'orderStatusChanged', { id: order.id });
    const first = await whole.until(() => true);
    expect(changeIn(first)).toMatchObject({ orderId: order.id, version: order.version, status: 'PLACED' });
    await staffAccept(order.id);
    await whole.until(statusIs('ACCEPTED'));
    const code = await staffMakeReady(order.id);
    await whole.until(statusIs('READY'));

    const fromEach = whole.tokens.map((resume) => follow(token, 'orderStatusChanged', { id: order.id }, resume));
    await staffHandOver(order.id, code);
    await Promise.all([whole, ...fromEach].map((each) => each.until(statusIs('PICKED_UP'))));
    expect(versionsOf(whole.events, order.id)).toEqual([2, 3, 4, 5]);
    expect(fromEach.map(({ events }) => versionsOf(events, order.id))).toEqual([[3, 4, 5], [4, 5], [5]]);
    expect(fromEach.map(({ resumed }) => resumed)).toEqual([['exact'], ['exact'], ['exact']]);
    expect(new Set(whole.tokens).size).toBe(4);
    expect([whole.resumed, whole.errors]).toEqual([[], []]);
    for (const { drop } of [whole, ...fromEach]) drop();
  });

  it('gives what was missed to whoever was away, once and in order', async () => {
    const customer = await cafe.customer(subject);
    const token = await cafe.system.token({ role: 'customer', sub: subject });
    const order = await customer.paidOrder();
    const before = follow(token, 'orderStatusChanged', { id: order.id });
    await before.until(() => true);
    before.drop();
    await before.ended;
    await staffAccept(order.id);
    await staffHandOver(order.id, await staffMakeReady(order.id));
    await eventually(
      () => customer.order(order.id),
      (found) => found?.status === 'PICKED_UP',
    );
    const after = follow(token, 'orderStatusChanged', { id: order.id }, before.tokens.at(-1));
    await after.until(statusIs('PICKED_UP'));
    expect(versionsOf([...before.events, ...after.events], order.id)).toEqual([2, 3, 4, 5]);
    expect(after.resumed).toEqual(['exact']);
    after.drop();
  });

  it('does so for all orders of a customer, for a café and for its books', async () => {
    const customer = await cafe.customer(`${subject}, all`);
    const order = await customer.paidOrder();
    await staffAccept(order.id);
    const followed = {
      myOrdersChanged: [await cafe.system.token({ role: 'customer', sub: `${subject}, all` }), {}],
      deliveriesChanged: [await cafe.system.token({ role: 'staff', sub: 'b', cafes: ['92'] }), { cafeId: '92' }],
      accountingChanged: [await cafe.system.token({ role: 'accountant', sub: 'a', cafes: ['92'] }), { cafeId: '92' }],
    } as const;
    const fields = Object.keys(followed) as (keyof typeof followed)[];
    const before = fields.map((field) => follow(followed[field][0], field, followed[field][1]));
    const [mine, board, books] = before as [
      LiveConnection<LiveEvent>,
      LiveConnection<LiveEvent>,
      LiveConnection<LiveEvent>,
    ];
    await mine.until(statusIs('ACCEPTED', order.id));
    await board.until(statusIs('RECEIVED', order.id));
    const ordersBefore = changeIn(await books.until((event) => (changeIn(event).orderCount ?? 0) > 0)).orderCount ?? 0;
    for (const { drop } of before) drop();
    await Promise.all(before.map(({ ended }) => ended));

    const next = await customer.paidOrder();
    await staffAccept(next.id);
    await staffMakeReady(order.id);
    await eventually(
      () => customer.order(order.id),
      (found) => found?.status === 'READY',
    );

    const after = fields.map((field, at) =>
      follow(followed[field][0], field, followed[field][1], before[at]?.tokens.at(-1)),
    );
    await Promise.all([
      after[0]?.until(statusIs('READY', order.id)),
      after[0]?.until(statusIs('ACCEPTED', next.id)),
      after[1]?.until(statusIs('READY', order.id)),
      after[1]?.until(statusIs('RECEIVED', next.id)),
      after[2]?.until((event) => (changeIn(event).orderCount ?? 0) > ordersBefore),
    ]);
    for (const [at, { events, resumed, errors }] of after.entries()) {
      expect([fields[at], resumed, errors]).toEqual([fields[at], ['exact'], []]);
      expect([fields[at], wrongIn([...(before[at]?.events ?? []), ...events])]).toEqual([fields[at], []]);
    }
    for (const { drop } of after) drop();
  });

  it('brings the whole present state again to whoever was cut off in the middle of it, and says so', async () => {
    const customer = await cafe.customer(`${subject}, cut`);
    const token = await cafe.system.token({ role: 'customer', sub: `${subject}, cut` });
    const ids = [await customer.paidOrder(), await customer.paidOrder(), await customer.paidOrder()].map(
      ({ id }) => id,
    );
    const isIn = (live: LiveConnection<LiveEvent>) => Promise.all(ids.map((id) => live.until(statusIs('PLACED', id))));
    const whole = follow(token, 'myOrdersChanged');
    await isIn(whole);
    const cut = follow(token, 'myOrdersChanged', {}, whole.tokens[0]);
    await isIn(cut);
    expect(cut.events).toHaveLength(3);
    expect(cut.resumed).toEqual([expect.stringMatching(/^(snapshot|expired)/)]);
    const settled = follow(token, 'myOrdersChanged', {}, whole.tokens[2]);
    await staffAccept(ids[0] ?? '');
    await settled.until(statusIs('ACCEPTED', ids[0]));
    expect([settled.resumed, settled.events.length]).toEqual([['exact'], 1]);
    for (const { drop } of [whole, cut, settled]) drop();
  });
});
