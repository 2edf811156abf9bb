import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { ORDER_STATUS } from '../harness/operations.ts';

describe("one order's whole life", () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());

  it('goes from order to pickup, live, with queue number, sale, SMS and history', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder({ expectedTotal: 2000, phone: '010-1111-0001' });
    expect(order).toMatchObject({
      status: 'PLACED',
      total: 2000,
      cannotOrderCanceled: false,
      cancellation: { allowed: true },
      payment: { status: 'CHARGED', amount: 2000, refunded: 0 },
      lines: [{ product: 'IceAmericano', qty: 1, unitPrice: 2000, total: 2000 }],
    });

    const live = alice.watch(order.id);
    const first = await live.until(() => true);
    expect(first.orderStatusChanged).toMatchObject({ orderId: order.id, status: 'PLACED', version: order.version });

    const delivery = await eventually(
      () => staff.delivery(order.id),
      (found) => found !== null,
    );
    expect(delivery).toMatchObject({ status: 'ORDER_GET', availableActions: ['ACCEPT', 'REJECT'] });

    const accepted = await staff.act('acceptOrder', order.id);
    expect(accepted.userErrors).toEqual([]);
    expect(accepted.delivery).toMatchObject({ status: 'RECEIVED', queueNumber: expect.any(Number) });
    const acceptedLive = await live.until(({ orderStatusChanged: change }) => change.status === 'ACCEPTED');
    expect(acceptedLive.orderStatusChanged.order.delivery?.queueNumber).toBe(accepted.delivery?.queueNumber);
    expect((await alice.order(order.id))?.cannotOrderCanceled).toBe(true);

    const ready = await staff.act('markReady', order.id);
    const code = ready.delivery?.pickupCode;
    expect(code).toMatch(/^[A-Z0-9]{3}$/);
    expect((await staff.act('handOver', order.id, { pickupCode: '!!!' })).userErrors[0]?.code).toBe(
      'WRONG_PICKUP_CODE',
    );
    const handed = await staff.act('handOver', order.id, { pickupCode: code });
    expect(handed.delivery?.status).toBe('PICKED_UP');
    const last = await live.until(({ orderStatusChanged: change }) => change.status === 'PICKED_UP');
    expect(last.orderStatusChanged.order.sale).toEqual({ amount: 2000 });

    const versions = live.events.map(({ orderStatusChanged: change }) => change.version);
    expect(versions).toEqual(versions.map((_, index) => order.version + index));

    const texts = await eventually(
      () => cafe.smsInbox('010-1111-0001'),
      (messages) => messages.length === 3,
    );
    expect(texts.map(({ key }) => key)).toEqual([...new Set(texts.map(({ key }) => key))]);
    expect(texts[2]?.text).toContain(code);

    const { order: told } = await alice.graph.data<{
      order: { history: { version: number; status: string }[]; notifications: { status: string }[] };
    }>('query($id: ID!) { order(id: $id) { history { version status } notifications { status } } }', { id: order.id });
    expect(told.history.map(({ status }) => status)).toEqual([
      'PENDING_PAYMENT',
      'PLACED',
      'ACCEPTED',
      'READY',
      'PICKED_UP',
    ]);
    expect(told.history.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect(told.notifications.map(({ status }) => status)).toEqual(['SENT', 'SENT', 'SENT']);
  });

  it('refunds an order that the café rejects, and says so live and by SMS', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder({ phone: '010-1111-0002' });
    const live = alice.watch(order.id);
    await eventually(
      () => staff.delivery(order.id),
      (found) => found !== null,
    );
    await staff.act('rejectOrder', order.id, { reason: 'SOLD_OUT' });
    await live.until(
      ({ orderStatusChanged: change }) => change.status === 'REJECTED' && change.order.payment.status === 'REFUNDED',
    );
    const { refunds } = await cafe.paymentBook();
    expect(refunds.filter(({ chargeKey }) => chargeKey === `order:${order.id}:charge`)).toEqual([
      expect.objectContaining({ key: `order:${order.id}:refund`, amount: 2000 }),
    ]);
    await eventually(
      () => cafe.smsInbox('010-1111-0002'),
      (messages) => messages.length === 2,
    );
  });

  it('cancels at the request of the customer while the café has not answered, and refunds', async () => {
    const alice = await cafe.customer();
    const order = await alice.paidOrder();
    const live = alice.watch(order.id);
    const asked = await alice.cancel(order.id);
    expect(asked.userErrors).toEqual([]);
    await live.until(
      ({ orderStatusChanged: change }) => change.status === 'CANCELED' && change.order.payment.status === 'REFUNDED',
    );
    expect(await alice.order(order.id)).toMatchObject({ status: 'CANCELED', payment: { refunded: 2000 } });
  });

  it('lets the café cancel what it accepted, with a refund and a correction of the sale', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder();
    const live = alice.watch(order.id);
    await eventually(
      () => staff.act('acceptOrder', order.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    await staff.act('cancelByCafe', order.id, { reason: 'the machine broke' });
    await live.until(
      ({ orderStatusChanged: change }) =>
        change.status === 'CANCELED_BY_CAFE' && change.order.payment.status === 'REFUNDED',
    );
    await eventually(
      () =>
        alice.graph.data<{ order: { sale: { amount: number; canceled: boolean } | null } }>(
          'query($id: ID!) { order(id: $id) { sale { amount canceled } } }',
          { id: order.id },
        ),
      ({ order: { sale } }) => sale?.canceled === true,
    );
  });

  it('answers the read view and the list of the own orders', async () => {
    const bob = await cafe.customer('bob');
    const placed = [await bob.paidOrder(), await bob.paidOrder(), await bob.paidOrder()].map(({ id }) => id);
    const view = await bob.graph.data<{ orderStatus: { status: string; version: number } }>(ORDER_STATUS, {
      id: placed[0],
    });
    expect(view.orderStatus).toMatchObject({ status: 'PLACED', version: 2 });

    const PAGE = `query($after: String) { orders(first: 2, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
    type Page = {
      orders: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    const one = await bob.graph.data<Page>(PAGE, {});
    expect(one.orders.pageInfo.hasNextPage).toBe(true);
    const two = await bob.graph.data<Page>(PAGE, { after: one.orders.pageInfo.endCursor });
    expect(two.orders.pageInfo.hasNextPage).toBe(false);
    expect([...one.orders.edges, ...two.orders.edges].map(({ node }) => node.id)).toEqual(placed.toReversed());
  });

  it('tells a customer of all unfinished orders at once through myOrdersChanged', async () => {
    const carol = await cafe.customer('carol');
    const staff = await cafe.staff();
    const first = await carol.paidOrder();
    const live = carol.graph.watch<{ myOrdersChanged: { orderId: string; status: string } }>(
      'subscription { myOrdersChanged { orderId status version } }',
    );
    await live.until(({ myOrdersChanged: change }) => change.orderId === first.id && change.status === 'PLACED');
    const second = await carol.paidOrder();
    await live.until(({ myOrdersChanged: change }) => change.orderId === second.id && change.status === 'PLACED');
    await eventually(
      () => staff.act('acceptOrder', second.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    await live.until(({ myOrdersChanged: change }) => change.orderId === second.id && change.status === 'ACCEPTED');
  });

  it('goes on telling a client after the subgraph that serves it was killed and came back', async () => {
    const erin = await cafe.customer('erin');
    const staff = await cafe.staff();
    const order = await erin.paidOrder();
    const live = erin.watch(order.id);
    await live.until(() => true);
    await eventually(
      () => staff.delivery(order.id),
      (delivery) => delivery !== null,
    );
    await cafe.system.process('customer').kill();
    await staff.act('acceptOrder', order.id);
    await cafe.system.process('customer').start();
    await live.until(({ orderStatusChanged: change }) => change.status === 'ACCEPTED', 60_000);
    await staff.act('markReady', order.id);
    await live.until(({ orderStatusChanged: change }) => change.status === 'READY');
    expect(live.errors).toEqual([]);
  }, 120_000);

  it('shows new orders to the barista live, and nothing of another café', async () => {
    const staff = await cafe.staff('93');
    const live = staff.graph.watch<{
      deliveriesChanged: { orderId: string; status: string; delivery: { lines: { product: string }[] } };
    }>(
      'subscription { deliveriesChanged(cafeId: "93") { orderId status version delivery { lines { product qty } } } }',
    );
    const dave = await cafe.customer('dave');
    await dave.paidOrder();
    const menu = await dave.graph.data<{ cafe: { menu: { product: string; available: boolean }[] } }>(
      '{ cafe(id: "93") { menu { product available } } }',
    );
    const product = menu.cafe.menu.find(({ available }) => available)?.product ?? '';
    const order = await dave.paidOrder({ cafeId: '93', lines: [{ product, qty: 2 }] });
    const event = await live.until(({ deliveriesChanged: change }) => change.orderId === order.id);
    expect(event.deliveriesChanged).toMatchObject({ status: 'ORDER_GET', delivery: { lines: [{ product, qty: 2 }] } });
    expect(live.events.every(({ deliveriesChanged: change }) => change.orderId === order.id)).toBe(true);
  });
});
