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
    expect(answers.map(({ userErrors }) => userErrors[0]?.code ?? 'won').sort()).toEqual(['ALREADY_ACCEPTED', 'won']);
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
    // The café accepts, but customer hears of it only after the request was made: its broker is cut off meanwhile.
    await cafe.system.process('customer').stop();
    await staff.act('acceptOrder', order.id);
    await cafe.system.process('delivery').stop();
    await cafe.system.process('customer').start();
    const asked = await eventually(
      () => customer.cancel(order.id),
      () => true,
    );
    await cafe.system.process('delivery').start();
    const told = await eventually(
      () => customer.order(order.id),
      (found) => found?.status === 'ACCEPTED',
    );
    expect(told?.payment).toMatchObject({ status: 'CHARGED', refunded: 0 });
    if (asked.userErrors.length === 0) {
      const { order: history } = await eventually(
        () =>
          customer.graph.data<{ order: { history: { status: string; message: string }[] } }>(
            'query($id: ID!) { order(id: $id) { history { status message } } }',
            { id: order.id },
          ),
        ({ order: { history: changes } }) => changes.some(({ message }) => /too late/i.test(message)),
      );
      expect(history.history.at(-1)?.status).toBe('ACCEPTED');
    }
    expect((await cafe.paymentBook()).refunds.some(({ key }) => key.includes(order.id))).toBe(false);
  });

  it('decides 1,000 races of cancel against accept, one winner each, and both sides and the money agree', async () => {
    const races = 1_000;
    const customer = await cafe.customer('racer');
    const staff = await cafe.staff();
    const outcomes = new Map<string, boolean>();
    async function race(): Promise<void> {
      const order = await customer.paidOrder();
      await eventually(
        () => staff.delivery(order.id),
        (delivery) => delivery !== null,
      );
      const [, accepted] = await Promise.all([customer.cancel(order.id), staff.act('acceptOrder', order.id)]);
      outcomes.set(order.id, accepted.userErrors.length === 0);
    }
    let started = 0;
    async function racer(): Promise<void> {
      while (started < races) {
        started += 1;
        await race();
      }
    }
    await Promise.all(Array.from({ length: 20 }, racer));
    expect(outcomes.size).toBe(races);

    const refunded = async (): Promise<Set<string>> =>
      new Set((await cafe.paymentBook()).refunds.map(({ chargeKey }) => chargeKey.split(':')[1] ?? ''));
    const lost = [...outcomes].filter(([, accepted]) => !accepted).map(([id]) => id);
    await eventually(refunded, (ids) => lost.every((id) => ids.has(id)), 60_000);
    const refunds = await refunded();
    for (const [id, accepted] of outcomes) {
      const expected = accepted
        ? { status: 'ACCEPTED', payment: { status: 'CHARGED' } }
        : { status: 'CANCELED', payment: { status: 'REFUNDED' } };
      const order = await eventually(
        () => customer.order(id),
        (found) => found?.status === expected.status && found.payment.status === expected.payment.status,
      );
      expect(order).toMatchObject(expected);
      expect((await staff.delivery(id))?.status).toBe(accepted ? 'RECEIVED' : 'CANCELED');
      expect(refunds.has(id)).toBe(!accepted);
    }
  }, 240_000);
});
