import { randomUUID } from 'node:crypto';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

describe('paying an order', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe({ env: { customer: { PAYMENT_TIMEOUT_MS: '500', SWEEP_AFTER_MS: '700' } } });
  }, 90_000);
  afterAll(() => cafe.close());
  afterEach(() => cafe.turn('payment', { mode: 'ok', refundMode: 'ok' }));

  const chargesOf = async (orderId: string) =>
    (await cafe.paymentBook()).charges.filter(({ key }) => key === `order:${orderId}:charge`);

  it('ends as PAYMENT_FAILED when declined, and tells why', async () => {
    const alice = await cafe.customer();
    await cafe.turn('payment', { mode: 'decline' });
    const { order, userErrors } = await alice.placeOrder();
    expect(order).toMatchObject({ status: 'PAYMENT_FAILED', payment: { status: 'FAILED', refunded: 0 } });
    expect(userErrors).toEqual([
      expect.objectContaining({ __typename: 'PaymentDeclinedError', code: 'PAYMENT_DECLINED' }),
    ]);
    const staff = await cafe.staff();
    await cafe.turn('payment', { mode: 'ok' });
    const later = await alice.paidOrder();
    await eventually(
      () => staff.delivery(later.id),
      (delivery) => delivery !== null,
    );
    expect(await staff.delivery(order?.id ?? '')).toBeNull();
  });

  it('makes one order and one charge of a repeated request, with the same payload', async () => {
    const alice = await cafe.customer();
    const idempotencyKey = randomUUID();
    const first = await alice.placeOrder({ idempotencyKey });
    const again = await alice.placeOrder({ idempotencyKey });
    expect(again).toEqual(first);
    expect((await cafe.paymentBook()).chargeAttempts[`order:${first.order?.id}:charge`]).toBe(1);
  });

  it('gives the same declined payload again for the same key', async () => {
    const alice = await cafe.customer();
    const idempotencyKey = randomUUID();
    await cafe.turn('payment', { mode: 'decline' });
    const first = await alice.placeOrder({ idempotencyKey });
    await cafe.turn('payment', { mode: 'ok' });
    expect(await alice.placeOrder({ idempotencyKey })).toEqual(first);
    expect(first.userErrors[0]?.code).toBe('PAYMENT_DECLINED');
  });

  it('refuses the same key with another input, and creates nothing', async () => {
    const alice = await cafe.customer('erin');
    const idempotencyKey = randomUUID();
    await alice.paidOrder({ idempotencyKey });
    const other = await alice.placeOrder({ idempotencyKey, lines: [{ product: 'IceAmericano', qty: 2 }] });
    expect(other.order).toBeNull();
    expect(other.userErrors[0]?.code).toBe('IDEMPOTENCY_KEY_REUSED');
    const { orders } = await alice.graph.data<{ orders: { edges: unknown[] } }>('{ orders { edges { node { id } } } }');
    expect(orders.edges).toHaveLength(1);
  });

  it('makes one order of twenty concurrent requests with one key', async () => {
    const alice = await cafe.customer();
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => alice.sendOrder({ idempotencyKey })));
    expect(answers.map(({ status, errors }) => [status, errors.length])).toEqual(answers.map(() => [200, 0]));
    const ids = new Set(answers.map(({ data }) => data?.placeOrder.order?.id));
    expect(ids.size).toBe(1);
    expect(answers.every(({ data }) => data?.placeOrder.order?.status === 'PLACED')).toBe(true);
    expect(await chargesOf([...ids][0] ?? '')).toHaveLength(1);
  });

  it('keeps an order open while the outcome is unknown, and ends it as PLACED when the money did move', async () => {
    const alice = await cafe.customer();
    await cafe.turn('payment', { mode: 'lose', nextCharges: 1 });
    const { order, userErrors } = await alice.placeOrder();
    expect(userErrors).toEqual([]);
    expect(order).toMatchObject({ status: 'PENDING_PAYMENT', payment: { status: 'UNKNOWN' } });
    const live = alice.watch(order?.id ?? '');
    await live.until(({ orderStatusChanged: change }) => change.status === 'PLACED');
    expect(await chargesOf(order?.id ?? '')).toEqual([expect.objectContaining({ status: 'CHARGED', amount: 2000 })]);
  });

  it('ends an order of unknown outcome as PAYMENT_FAILED when it was declined really', async () => {
    const alice = await cafe.customer();
    await cafe.turn('payment', { mode: 'lose-declined', nextCharges: 1 });
    const { order } = await alice.placeOrder();
    expect(order?.payment.status).toBe('UNKNOWN');
    const live = alice.watch(order?.id ?? '');
    await live.until(({ orderStatusChanged: change }) => change.status === 'PAYMENT_FAILED');
  });

  it('answers PAYMENT_UNAVAILABLE while payment can not be reached, and charges nothing', async () => {
    const alice = await cafe.customer();
    await cafe.system.process('payment').kill();
    const { order, userErrors } = await alice.placeOrder();
    expect(userErrors[0]).toMatchObject({ __typename: 'PaymentUnavailableError', code: 'PAYMENT_UNAVAILABLE' });
    expect(order).toMatchObject({ status: 'PAYMENT_FAILED', payment: { status: 'FAILED' } });
    await cafe.system.process('payment').start();
    await eventually(
      () => alice.placeOrder(),
      ({ order: again }) => again?.status === 'PLACED',
      30_000,
    );
  });

  it('opens the breaker when payment hangs: no call at all, PAYMENT_UNAVAILABLE at once; it closes by itself', async () => {
    const alice = await cafe.customer();
    await cafe.turn('payment', { mode: 'hang' });
    const unknown: string[] = [];
    let refused: string | undefined;
    while (refused === undefined && unknown.length < 20) {
      const { order, userErrors } = await alice.placeOrder();
      if (userErrors[0]?.code === 'PAYMENT_UNAVAILABLE') refused = order?.id;
      else unknown.push(order?.id ?? '');
    }
    expect(unknown.length).toBeGreaterThanOrEqual(1);
    expect(refused).toBeDefined();
    const { chargeAttempts } = await cafe.paymentBook();
    expect(chargeAttempts[`order:${unknown[0]}:charge`]).toBeGreaterThanOrEqual(1);
    expect(chargeAttempts[`order:${refused}:charge`]).toBeUndefined();

    await cafe.turn('payment', { mode: 'ok' });
    await eventually(
      () => alice.placeOrder(),
      ({ order }) => order?.status === 'PLACED',
      60_000,
    );
    for (const id of unknown) {
      await eventually(
        () => alice.order(id),
        (order) => order?.status === 'PLACED' && order.payment.status === 'CHARGED',
        60_000,
      );
      expect(await chargesOf(id)).toHaveLength(1);
    }
  }, 180_000);

  it('refunds once, though the answer to the refund was lost', async () => {
    const alice = await cafe.customer();
    const order = await alice.paidOrder();
    await cafe.turn('payment', { refundMode: 'lose' });
    await alice.cancel(order.id);
    const refundKey = `order:${order.id}:refund`;
    await eventually(
      () => cafe.paymentBook(),
      ({ refundAttempts }) => (refundAttempts[refundKey] ?? 0) >= 1,
    );
    await cafe.turn('payment', { refundMode: 'ok' });
    await eventually(
      () => alice.order(order.id),
      (found) => found?.payment.status === 'REFUNDED',
    );
    const { refunds } = await cafe.paymentBook();
    expect(refunds.filter(({ key }) => key === refundKey)).toHaveLength(1);
  });

  it("plays the seed's coin: every order ends as PLACED or PAYMENT_FAILED, nothing in between", async () => {
    const alice = await cafe.customer();
    await cafe.turn('payment', { mode: 'coin' });
    const results = await Promise.all(Array.from({ length: 30 }, () => alice.placeOrder()));
    const statuses = results.map(({ order }) => order?.status);
    expect(statuses.filter((status) => status === 'PLACED' || status === 'PAYMENT_FAILED')).toHaveLength(30);
  });
});

describe('ordering from a menu that changed', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());

  const SAVE = `mutation($input: SaveMenuItemInput!) { saveMenuItem(input: $input) { menuItem { product price available } userErrors { code } } }`;
  const OPEN = `mutation($input: SetCafeOpenInput!) { setCafeOpen(input: $input) { cafe { open } userErrors { code } } }`;

  it('takes the price from the menu, and says PRICE_CHANGED without charging when the customer saw another', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    await staff.graph.data(SAVE, {
      input: { idempotencyKey: randomUUID(), cafeId: '92', product: 'SeasonLatte', price: 5000 },
    });
    const lines = [{ product: 'SeasonLatte', qty: 2 }];
    await eventually(
      () => alice.placeOrder({ lines, expectedTotal: 10_000 }),
      ({ order }) => order?.total === 10_000,
    );
    await staff.graph.data(SAVE, {
      input: { idempotencyKey: randomUUID(), cafeId: '92', product: 'SeasonLatte', price: 5500 },
    });
    const charged = (await cafe.paymentBook()).charges.length;
    const { order, userErrors } = await eventually(
      () => alice.placeOrder({ lines, expectedTotal: 9_999 }),
      ({ userErrors: [error] }) => error?.total === 11_000,
    );
    expect(order).toBeNull();
    expect(userErrors[0]).toMatchObject({ __typename: 'PriceChangedError', code: 'PRICE_CHANGED', total: 11_000 });
    expect((await cafe.paymentBook()).charges).toHaveLength(charged);
  });

  it('refuses what is sold out, what is not on the menu, and a café that closed, without charging', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    await staff.graph.data(SAVE, {
      input: { idempotencyKey: randomUUID(), cafeId: '92', product: 'LastBagel', price: 3000, available: false },
    });
    const charged = (await cafe.paymentBook()).charges.length;
    const soldOut = await eventually(
      () => alice.placeOrder({ lines: [{ product: 'LastBagel', qty: 1 }] }),
      ({ userErrors }) => userErrors[0]?.code === 'ITEM_SOLD_OUT',
    );
    expect(soldOut).toMatchObject({ order: null, userErrors: [{ product: 'LastBagel' }] });
    const unknown = await alice.placeOrder({ lines: [{ product: 'Bulgogi', qty: 1 }] });
    expect(unknown).toMatchObject({ order: null, userErrors: [{ code: 'ITEM_NOT_FOUND', product: 'Bulgogi' }] });
    expect((await cafe.paymentBook()).charges).toHaveLength(charged);

    await staff.graph.data(OPEN, { input: { idempotencyKey: randomUUID(), cafeId: '92', open: false } });
    const closed = await eventually(
      () => alice.placeOrder(),
      ({ userErrors }) => userErrors[0]?.code === 'CAFE_CLOSED',
    );
    expect(closed.order).toBeNull();
    const chargedWhenClosed = (await cafe.paymentBook()).charges.length;
    await alice.placeOrder();
    expect((await cafe.paymentBook()).charges).toHaveLength(chargedWhenClosed);
    await staff.graph.data(OPEN, { input: { idempotencyKey: randomUUID(), cafeId: '92', open: true } });
    await eventually(
      () => alice.placeOrder(),
      ({ order }) => order?.status === 'PLACED',
    );
  });

  it('edits the menu while ordering is down, and ordering knows it when it is back', async () => {
    const staff = await cafe.staff();
    await cafe.system.process('customer').stop();
    const saved = await staff.graph.data<{ saveMenuItem: { menuItem: { price: number } } }>(SAVE, {
      input: { idempotencyKey: randomUUID(), cafeId: '92', product: 'NightMocha', price: 6100 },
    });
    expect(saved.saveMenuItem.menuItem.price).toBe(6100);
    await cafe.system.process('customer').start();
    const alice = await cafe.customer();
    await eventually(
      () => alice.placeOrder({ lines: [{ product: 'NightMocha', qty: 1 }] }),
      ({ order }) => order?.total === 6100,
    );
  });

  it.each([
    ['a quantity of 0', [{ product: 'IceAmericano', qty: 0 }]],
    ['a quantity of −1', [{ product: 'IceAmericano', qty: -1 }]],
    ['a quantity of a billion', [{ product: 'IceAmericano', qty: 1_000_000_000 }]],
    ['no line', []],
    ['10,000 lines', Array.from({ length: 10_000 }, () => ({ product: 'IceAmericano', qty: 1 }))],
  ])('refuses %s with INVALID_INPUT and the path, charging nothing', async (_, lines) => {
    const alice = await cafe.customer();
    const charged = (await cafe.paymentBook()).charges.length;
    const { order, userErrors } = await alice.placeOrder({ lines });
    expect(order).toBeNull();
    expect(userErrors[0]?.code).toBe('INVALID_INPUT');
    expect(userErrors[0]?.path?.[0]).toBe('input');
    expect((await cafe.paymentBook()).charges).toHaveLength(charged);
  });
});
