import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { eventsOf } from '../harness/hand-made-events.ts';

describe('without accounting', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe({ without: ['accounting'] });
  }, 90_000);
  afterAll(() => cafe.close());

  it('goes on from order to pickup, with its fields null and an error beside them', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder();
    const live = alice.watch(order.id);
    await eventually(
      () => staff.act('acceptOrder', order.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    const accepted = await live.until(({ orderStatusChanged: change }) => change.status === 'ACCEPTED');
    expect(accepted.orderStatusChanged.order.sale).toBeNull();
    expect(accepted.orderStatusChanged.order.delivery).not.toBeNull();
    const ready = await staff.act('markReady', order.id);
    await staff.act('handOver', order.id, { pickupCode: ready.delivery?.pickupCode });
    await live.until(({ orderStatusChanged: change }) => change.status === 'PICKED_UP');
    const asked = await alice.graph.send<{ order: { status: string; sale: unknown } }>(
      'query($id: ID!) { order(id: $id) { status sale { amount } } }',
      { id: order.id },
    );
    expect(asked.data?.order).toEqual({ status: 'PICKED_UP', sale: null });
    expect(asked.errors).toHaveLength(1);
  });

  it('lets a new service join by subscribing to the events from the beginning, with no change elsewhere', async () => {
    const alice = await cafe.customer();
    const placed = [await alice.paidOrder(), await alice.paidOrder()].map(({ id }) => id);
    const loyaltyPoints = await eventually(
      async () => {
        const points = new Map<string, number>();
        for (const id of placed) {
          for (const event of await eventsOf(cafe.system.urls.nats, 'ORDERS', id)) {
            if (event.type === 'PaymentCompleted') points.set(id, event.data.total / 100);
          }
        }
        return points;
      },
      (points) => points.size === 2,
    );
    expect([...loyaltyPoints.values()]).toEqual([20, 20]);
  });
});

describe('without delivery, on an empty database', () => {
  it('starts all the same; its fields are null, and no café is known to order from', async () => {
    const cafe = await openCafe({ without: ['delivery'] });
    try {
      const alice = await cafe.customer();
      const { order, userErrors } = await alice.placeOrder();
      expect(order).toBeNull();
      expect(userErrors[0]?.code).toBe('CAFE_NOT_FOUND');
      const asked = await alice.graph.send<{ cafe: null; orders: { edges: unknown[] } }>(
        '{ cafe(id: "92") { name } orders { edges { cursor } } }',
      );
      expect(asked.data).toEqual({ cafe: null, orders: { edges: [] } });
      expect(asked.errors).toHaveLength(1);
    } finally {
      await cafe.close();
    }
  }, 120_000);
});

describe('each read side', () => {
  it('answers with the other services down', async () => {
    const cafe = await openCafe();
    try {
      const alice = await cafe.customer();
      const accountant = await cafe.accountant();
      const staff = await cafe.staff();
      const order = await alice.paidOrder();
      await eventually(
        () => staff.act('acceptOrder', order.id),
        ({ userErrors }) => userErrors.length === 0,
      );
      const STATISTICS = `{ accountings(cafeId: "92") { edges { node { salesSum } } } }`;
      type Sums = { accountings: { edges: { node: { salesSum: number } }[] } };
      await eventually(
        () => accountant.data<Sums>(STATISTICS),
        ({ accountings }) => accountings.edges[0]?.node.salesSum === 2000,
      );
      await eventually(
        () => alice.order(order.id),
        (found) => found?.status === 'ACCEPTED',
      );

      await cafe.system.process('delivery').kill();
      await cafe.system.process('accounting').kill();
      const view = await alice.graph.data<{ orderStatus: { status: string } }>(
        'query($id: ID!) { orderStatus(orderId: $id) { status } }',
        { id: order.id },
      );
      expect(view.orderStatus.status).toBe('ACCEPTED');

      await cafe.system.process('accounting').start();
      await cafe.system.process('customer').kill();
      const sums = await accountant.data<Sums>(STATISTICS);
      expect(sums.accountings.edges[0]?.node.salesSum).toBe(2000);
    } finally {
      await cafe.close();
    }
  }, 120_000);
});
