import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { eventsOf } from '../harness/hand-made-events.ts';

describe('with the store service down', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());
  afterEach(() => cafe.system.process('delivery').start());

  it("plays the seed's demonstration: order while it is down, then order_get, receive, order_received", async () => {
    const alice = await cafe.customer();
    await cafe.system.process('delivery').kill();
    const order = await alice.paidOrder();
    expect(order.status).toBe('PLACED');
    await cafe.system.process('delivery').start();
    const staff = await cafe.staff();
    await eventually(
      () => staff.delivery(order.id),
      (delivery) => delivery?.status === 'ORDER_GET',
    );
    await staff.act('acceptOrder', order.id);
    await eventually(
      () => alice.order(order.id),
      (found) => found?.status === 'ACCEPTED',
    );
  });

  it('takes the cancel request too, and both resolve on its return, and the order is not among the new ones', async () => {
    const alice = await cafe.customer();
    await cafe.system.process('delivery').kill();
    const order = await alice.paidOrder();
    expect((await alice.cancel(order.id)).order?.status).toBe('CANCEL_REQUESTED');
    await cafe.system.process('delivery').start();
    await eventually(
      () => alice.order(order.id),
      (found) => found?.status === 'CANCELED' && found.payment.status === 'REFUNDED',
    );
    const told = await eventsOf(cafe.system.urls.nats, 'DELIVERIES', order.id);
    expect(told.map(({ type }) => type).at(-1)).toBe('OrderCancelConfirmed');
    const staff = await cafe.staff();
    const { deliveries } = await staff.graph.data<{ deliveries: { edges: { node: { orderId: string } }[] } }>(
      '{ deliveries(cafeId: "92", status: [ORDER_GET], first: 100) { edges { node { orderId } } } }',
    );
    expect(deliveries.edges.map(({ node }) => node.orderId)).not.toContain(order.id);
    expect((await staff.delivery(order.id))?.status).toBe('CANCELED');
    expect((await staff.act('acceptOrder', order.id)).userErrors[0]?.code).toBe('ALREADY_CANCELED');
  });

  it('blanks its own fields only, with an error that names the service, and keeps the rest readable', async () => {
    const alice = await cafe.customer();
    const order = await alice.paidOrder();
    await cafe.system.process('delivery').kill();
    const answer = await alice.graph.send<{ order: { status: string; delivery: unknown; cafe: unknown } }>(
      'query($id: ID!) { order(id: $id) { status delivery { status } cafe { name } } }',
      { id: order.id },
    );
    expect(answer.data?.order).toEqual({ status: 'PLACED', delivery: null, cafe: null });
    expect(answer.errors.length).toBeGreaterThanOrEqual(1);
    expect(JSON.stringify(answer.errors)).toContain('delivery');
    expect(JSON.stringify(answer.errors)).not.toContain('127.0.0.1');
    const health = await fetch(cafe.system.urls.graph.replace(/\/graphql$/, '/health/ready'));
    expect(health.status).toBe(200);
  });
});

describe('when nobody answers in time', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe({
      env: { customer: { ACCEPT_WITHIN_SECONDS: '2' }, delivery: { COLLECT_WITHIN_SECONDS: '2' } },
    });
  }, 90_000);
  afterAll(() => cafe.close());

  it('expires the order and refunds it; an acceptance after that is refused', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder();
    const live = alice.watch(order.id);
    await live.until(
      ({ orderStatusChanged: change }) => change.status === 'EXPIRED' && change.order.payment.status === 'REFUNDED',
    );
    expect((await staff.act('acceptOrder', order.id)).userErrors[0]).toMatchObject({
      code: 'ALREADY_EXPIRED',
      status: 'EXPIRED',
    });
    const { refunds } = await cafe.paymentBook();
    expect(refunds.filter(({ key }) => key === `order:${order.id}:refund`)).toHaveLength(1);
  });

  it('ends what nobody collects as NOT_COLLECTED, without a refund', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder();
    await eventually(
      () => staff.act('acceptOrder', order.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    await staff.act('markReady', order.id);
    const ended = await eventually(
      () => alice.order(order.id),
      (found) => found?.status === 'NOT_COLLECTED',
    );
    expect(ended?.payment).toMatchObject({ status: 'CHARGED', refunded: 0 });
  });
});
