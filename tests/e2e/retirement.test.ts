import { connect } from 'nats';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import type { AnyEnvelope } from '@cafe-for-me/schema/events';

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
    const order = await alice.paidOrder();
    const nats = await connect({ servers: cafe.system.urls.nats });
    try {
      const jetstream = nats.jetstream();
      const manager = await nats.jetstreamManager();
      const loyaltyPoints = new Map<string, number>();
      await eventually(
        async () => (await manager.streams.info('ORDERS')).state.last_seq,
        (last) => last >= 4,
      );
      const consumer = await jetstream.consumers.get('ORDERS', { filterSubjects: 'orders.92.PaymentCompleted' });
      const messages = await consumer.fetch({ max_messages: 2, expires: 10_000 });
      for await (const message of messages) {
        const event = message.json<AnyEnvelope<'PaymentCompleted'>>();
        loyaltyPoints.set(event.aggregateId, event.data.total / 100);
      }
      expect(loyaltyPoints.size).toBe(2);
      expect(loyaltyPoints.get(order.id)).toBe(20);
    } finally {
      await nats.close();
    }
  });
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
