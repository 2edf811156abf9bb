import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';

describe('delivery, the single arbiter', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());

  async function orderAtCafe(customerId = 'alice') {
    const customer = await cafe.customer(customerId);
    const staff = await cafe.staff();
    const order = await customer.paidOrder();
    await eventually(
      () => staff.delivery(order.id),
      (delivery) => delivery !== null,
    );
    return { customer, staff, order };
  }

  it('tells the second of two baristas who accepted and when', async () => {
    const { order, staff } = await orderAtCafe();
    const other = await cafe.staff('92', 'second-barista');
    const before = Date.now();
    expect((await staff.act('acceptOrder', order.id)).userErrors).toEqual([]);
    const { delivery, userErrors } = await other.act('acceptOrder', order.id);
    expect(delivery?.status ?? 'RECEIVED').toBe('RECEIVED');
    expect(userErrors).toEqual([
      expect.objectContaining({ code: 'ALREADY_ACCEPTED', status: 'RECEIVED', by: 'barista-of-92' }),
    ]);
    expect(Date.parse(userErrors[0]?.at ?? '')).toBeGreaterThanOrEqual(before - 1000);
  });

  it('lets one of two concurrent acceptances win', async () => {
    const { order, staff } = await orderAtCafe();
    const other = await cafe.staff('92', 'second-barista');
    const answers = await Promise.all([staff.act('acceptOrder', order.id), other.act('acceptOrder', order.id)]);
    expect(answers.map(({ userErrors }) => userErrors[0]?.code ?? 'won').toSorted()).toEqual([
      'ALREADY_ACCEPTED',
      'won',
    ]);
  });

  it('forbids the staff of another café, and changes nothing', async () => {
    const { order, staff } = await orderAtCafe();
    const stranger = await cafe.staff('93');
    await expect(stranger.act('acceptOrder', order.id)).rejects.toThrow('FORBIDDEN');
    expect((await staff.delivery(order.id))?.status).toBe('ORDER_GET');
  });

  it('answers a request repeated with its key as the first time', async () => {
    const { order, staff } = await orderAtCafe();
    const first = await staff.act('acceptOrder', order.id, { idempotencyKey: `accept-${order.id}` });
    const again = await staff.act('acceptOrder', order.id, { idempotencyKey: `accept-${order.id}` });
    expect(again.userErrors).toEqual([]);
    expect(again.delivery?.queueNumber).toBe(first.delivery?.queueNumber);
  });

  it('refuses a cancellation after acceptance, tells the customer, and moves no money', async () => {
    const { order, staff, customer } = await orderAtCafe();
    await staff.act('acceptOrder', order.id);
    await eventually(
      () => customer.order(order.id),
      (found) => found?.status === 'ACCEPTED',
    );
    const { userErrors } = await customer.cancel(order.id);
    expect(userErrors).toEqual([expect.objectContaining({ code: 'CANNOT_ORDER_CANCELED', status: 'ACCEPTED' })]);
    expect((await cafe.paymentBook()).refunds.some(({ key }) => key.includes(order.id))).toBe(false);
  });

  it('answers a cancel request that crossed the acceptance on the way: too late, told live, no refund', async () => {
    const { order, staff, customer } = await orderAtCafe();
    const live = customer.watch(order.id);
    await live.until(() => true);
    // While the broker is away neither side hears of the other: the café accepts, the customer asks to cancel.
    await cafe.system.process('nats').kill();
    expect((await staff.act('acceptOrder', order.id)).userErrors).toEqual([]);
    const asked = await customer.cancel(order.id);
    expect(asked).toMatchObject({ order: { status: 'CANCEL_REQUESTED' }, userErrors: [] });
    await cafe.system.process('nats').start();
    const told = await live.until(({ orderStatusChanged: change }) => /too late/i.test(change.message), 60_000);
    expect(told.orderStatusChanged.status).toBe('ACCEPTED');
    expect((await customer.order(order.id))?.payment).toMatchObject({ status: 'CHARGED', refunded: 0 });
    expect((await cafe.paymentBook()).refunds.some(({ key }) => key.includes(order.id))).toBe(false);
  });

  it('decides 1,000 races of cancel against accept, one winner each, and both sides and the money agree', async () => {
    const races = 1_000;
    const customer = await cafe.customer('racer');
    const staff = await cafe.staff();
    const outcomes = new Map<string, boolean>();
    /** The request has a longer way to the arbiter than the acceptance, so it gets a head start of 0 to 3 round trips. */
    async function race(headStart: number): Promise<void> {
      const order = await customer.paidOrder();
      await eventually(
        () => staff.delivery(order.id),
        (delivery) => delivery !== null,
      );
      const canceling = customer.cancel(order.id);
      if (headStart > 0) await canceling;
      for (let trips = 1; trips < headStart; trips += 1) await customer.order(order.id);
      const [, accepted] = await Promise.all([canceling, staff.act('acceptOrder', order.id)]);
      outcomes.set(order.id, accepted.userErrors.length === 0);
    }
    let started = 0;
    async function racer(): Promise<void> {
      while (started < races) {
        started += 1;
        await race(started % 4);
      }
    }
    await Promise.all(Array.from({ length: 20 }, racer));
    expect(outcomes.size).toBe(races);

    async function settled([id, accepted]: [string, boolean]): Promise<void> {
      const expected = accepted
        ? { status: 'ACCEPTED', payment: { status: 'CHARGED' } }
        : { status: 'CANCELED', payment: { status: 'REFUNDED' } };
      const order = await eventually(
        () => customer.order(id),
        (found) => found?.status === expected.status && found.payment.status === expected.payment.status,
        60_000,
      );
      expect(order).toMatchObject(expected);
      expect((await staff.delivery(id))?.status).toBe(accepted ? 'RECEIVED' : 'CANCELED');
    }
    const open = [...outcomes];
    async function checker(): Promise<void> {
      for (let next = open.pop(); next !== undefined; next = open.pop()) await settled(next);
    }
    await Promise.all(Array.from({ length: 20 }, checker));

    const { refunds } = await cafe.paymentBook();
    const refunded = refunds.map(({ chargeKey }) => chargeKey.split(':')[1] ?? '').filter((id) => outcomes.has(id));
    const lost = [...outcomes].filter(([, accepted]) => !accepted).map(([id]) => id);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(races);
    expect(refunded.toSorted()).toEqual(lost.toSorted());
  }, 300_000);
});
