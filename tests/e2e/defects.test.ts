/** The defects of the 2020 implementation, each a test. Those that other files show in full are named there. */
import { randomUUID } from 'node:crypto';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { eventsOf } from '../harness/hand-made-events.ts';

describe('what the 2020 implementation got wrong', () => {
  let cafe: Cafe;
  beforeAll(async () => {
    cafe = await openCafe();
  }, 90_000);
  afterAll(() => cafe.close());

  it('has no way to set a status or a price from outside', async () => {
    const alice = await cafe.customer();
    const { data } = await alice.graph.send<{ __schema: { mutationType: { fields: { name: string }[] } } }>(
      '{ __schema { mutationType { fields { name } } } }',
    );
    expect(data?.__schema.mutationType.fields.map(({ name }) => name).toSorted()).toEqual([
      'acceptOrder',
      'cancelByCafe',
      'handOver',
      'markReady',
      'placeOrder',
      'rejectOrder',
      'requestOrderCancel',
      'resendHeadquartersTransfer',
      'saveMenuItem',
      'setCafeOpen',
    ]);
    const priced = await alice.graph.send(
      'mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }',
      {
        input: { idempotencyKey: randomUUID(), lines: [{ product: 'IceAmericano', qty: 1, price: 1 }] },
      },
    );
    expect(priced.status).toBe(400);
    expect(priced.errors[0]?.message).toContain('price');
  });

  it('multiplies the price by the quantity', async () => {
    const alice = await cafe.customer();
    const order = await alice.paidOrder({ lines: [{ product: 'IceAmericano', qty: 7 }] });
    expect(order.total).toBe(14_000);
    expect((await cafe.paymentBook()).charges.find(({ key }) => key === `order:${order.id}:charge`)?.amount).toBe(
      14_000,
    );
  });

  it('steps refuse what is out of order, with the present state', async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    const order = await alice.paidOrder();
    await eventually(
      () => staff.delivery(order.id),
      (delivery) => delivery !== null,
    );
    expect((await staff.act('markReady', order.id)).userErrors[0]).toMatchObject({
      code: 'NOT_ACCEPTED_YET',
      status: 'ORDER_GET',
    });
    await staff.act('acceptOrder', order.id);
    expect((await staff.act('handOver', order.id, { pickupCode: 'ABC' })).userErrors[0]).toMatchObject({
      code: 'NOT_READY_YET',
      status: 'RECEIVED',
    });
    expect((await staff.act('rejectOrder', order.id, { reason: 'OTHER' })).userErrors[0]).toMatchObject({
      code: 'ALREADY_ACCEPTED',
      status: 'RECEIVED',
    });
  });

  it("keeps every café's sums apart", async () => {
    const alice = await cafe.customer();
    const staff = await cafe.staff('93');
    const accountant = await cafe.accountant('93');
    const menu = await alice.graph.data<{ cafe: { menu: { product: string; price: number; available: boolean }[] } }>(
      '{ cafe(id: "93") { menu { product price available } } }',
    );
    const item = menu.cafe.menu.find(({ available }) => available);
    const order = await alice.paidOrder({ cafeId: '93', lines: [{ product: item?.product ?? '', qty: 1 }] });
    await eventually(
      () => staff.act('acceptOrder', order.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    const SUMS =
      'query($cafeId: ID!) { accountings(cafeId: $cafeId) { edges { node { businessDate salesSum orderCount } } } }';
    type Sums = { accountings: { edges: { node: { businessDate: string; salesSum: number; orderCount: number } }[] } };
    const sums = await eventually(
      () => accountant.data<Sums>(SUMS, { cafeId: '93' }),
      ({ accountings }) => accountings.edges.length === 1,
    );
    expect(sums.accountings.edges[0]?.node).toMatchObject({ salesSum: item?.price, orderCount: 1 });
    const book = await eventually(
      () => cafe.headquartersBook('93', sums.accountings.edges[0]?.node.businessDate ?? ''),
      ({ current }) => current.length === 1,
    );
    expect(book.current[0]?.salesSum).toBe(item?.price);
  });

  it('publishes what was committed, once, though the service died before it could publish', async () => {
    const alice = await cafe.customer();
    await cafe.system.process('nats').kill();
    const order = await alice.paidOrder();
    await cafe.system.process('customer').kill();
    await cafe.system.process('nats').start();
    await cafe.system.process('customer').start();
    const staff = await cafe.staff();
    await eventually(
      () => staff.delivery(order.id),
      (delivery) => delivery?.status === 'ORDER_GET',
      60_000,
    );
    const told = await eventsOf(cafe.system.urls.nats, 'ORDERS', order.id);
    expect(told.map(({ type }) => type)).toEqual(['OrderPlaced', 'PaymentCompleted']);
    expect(await eventsOf(cafe.system.urls.nats, 'DELIVERIES', order.id)).toHaveLength(1);
  }, 120_000);

  it('publishes nothing of a change that was not made: the loser of two acceptances leaves no event', async () => {
    const alice = await cafe.customer();
    const [one, other] = [await cafe.staff(), await cafe.staff('92', 'second-barista')];
    const order = await alice.paidOrder();
    await eventually(
      () => one.delivery(order.id),
      (delivery) => delivery !== null,
    );
    await Promise.all([one.act('acceptOrder', order.id), other.act('acceptOrder', order.id)]);
    await eventually(
      () => alice.order(order.id),
      (found) => found?.status === 'ACCEPTED',
    );
    const told = await eventsOf(cafe.system.urls.nats, 'DELIVERIES', order.id);
    expect(told.map(({ type, aggregateVersion }) => [type, aggregateVersion])).toEqual([
      ['DeliveryCreated', 1],
      ['OrderReceived', 2],
    ]);
  });
});
