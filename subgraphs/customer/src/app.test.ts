import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import { clock, steps } from './testing/fixtures.ts';
import { callerAt, startBroker, startService } from './testing/process.ts';
import { startDatabase, startSimulators } from './testing/service.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let broker: Awaited<ReturnType<typeof startBroker>>;
let service: Awaited<ReturnType<typeof startService>>;
let replica: Awaited<ReturnType<typeof startService>>;
let alice: Awaited<ReturnType<typeof callerAt>>;
let keys = 0;

beforeAll(async () => {
  [database, simulators, broker] = await Promise.all([startDatabase(), startSimulators(), startBroker()]);
  const given = { ...simulators, databaseUrl: database.url, natsUrl: broker.nats.url };
  [service, replica] = await Promise.all([startService(given), startService(given)]);
  alice = await callerAt(service.url, { sub: 'alice', role: 'customer', phone: '010-1234-5678' });
  await broker.publish('CafeSaved', 'cafe:92', 1, { ...clock, name: 'Gangnam', open: true });
  await broker.publish('MenuItemSaved', 'cafe:92', 2, { product: 'IceAmericano', price: 2000, available: true });
  await until(() => service.isReady());
});
afterAll(async () => {
  await alice.close();
  await Promise.all([service.stop(), replica.stop()]);
  await Promise.all([broker.stop(), simulators.stop()]);
  await database.drop();
});

const PLACE = `mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status version total
  payment { status amount refunded } cancellation { allowed until } lines { product qty unitPrice total } }
  userErrors { __typename code message path } } }`;
const CANCEL = `mutation($input: RequestOrderCancelInput!) { requestOrderCancel(input: $input) { order { status }
  userErrors { __typename code path ... on CancelRefusedError { status } } } }`;
const key = () => `key-${(keys += 1)}`;
const place = (caller = alice, input: object = {}) =>
  caller.ask(PLACE, { input: { idempotencyKey: key(), lines: [{ product: 'IceAmericano', qty: 2 }], ...input } });

async function placedOrder(caller = alice): Promise<string> {
  const { data } = await place(caller);
  expect(data).toMatchObject({ placeOrder: { order: { status: 'PLACED' } } });
  return (data as { placeOrder: { order: { id: string } } }).placeOrder.order.id;
}

describe('The graph', () => {
  it('places an order at the menu that delivery told of, on whichever replica', async () => {
    const { data, errors } = await place();
    expect(errors).toBeUndefined();
    expect(data?.['placeOrder']).toMatchObject({
      order: {
        status: 'PLACED',
        total: 4000,
        payment: { status: 'CHARGED', amount: 4000, refunded: 0 },
        cancellation: { allowed: true, until: expect.stringMatching(/Z$/) as unknown },
        lines: [{ product: 'IceAmericano', qty: 2, unitPrice: 2000, total: 4000 }],
      },
      userErrors: [],
    });
    const there = await callerAt(replica.url, { sub: 'alice', role: 'customer' });
    await placedOrder(there);
    await there.close();
  });

  it('answers what is wrong with the input as data, with its path', async () => {
    const { data } = await place(alice, { lines: [{ product: 'IceAmericano', qty: 0 }] });
    expect(data?.['placeOrder']).toMatchObject({
      order: null,
      userErrors: [{ __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'lines', '0', 'qty'] }],
    });
    const { data: canceled } = await alice.ask(CANCEL, { input: { idempotencyKey: key(), orderId: 'nonsense' } });
    expect(canceled?.['requestOrderCancel']).toMatchObject({
      order: null,
      userErrors: [{ __typename: 'OrderNotFoundError' }],
    });
  });

  it("lists the caller's own orders, newest first, page by page and by status", async () => {
    const dora = await callerAt(service.url, { sub: 'dora', role: 'customer' });
    const ids = [await placedOrder(dora), await placedOrder(dora), await placedOrder(dora)].toReversed();
    const LIST = `query($after: String, $status: [OrderStatus!]) { orders(first: 2, after: $after, status: $status) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
    type Page = {
      orders: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    const page = async (variables: object) => {
      const { orders } = (await dora.ask(LIST, variables)).data as unknown as Page;
      return { ids: orders.edges.map(({ node }) => node.id), ...orders.pageInfo };
    };
    const first = await page({});
    expect(first).toMatchObject({ ids: ids.slice(0, 2), hasNextPage: true });
    expect(await page({ after: first.endCursor })).toMatchObject({ ids: ids.slice(2), hasNextPage: false });
    expect((await page({ status: ['CANCELED'] })).ids).toEqual([]);
    expect((await dora.ask(LIST, { after: 'nonsense' })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    await dora.close();
  });
});

describe('Who may do what', () => {
  const rootFields = {
    order: '{ order(id: "00000000-0000-4000-8000-000000000000") { id } }',
    orders: '{ orders { edges { node { id } } } }',
    orderStatus: '{ orderStatus(orderId: "00000000-0000-4000-8000-000000000000") { status } }',
    placeOrder: 'mutation { placeOrder(input: { idempotencyKey: "k", lines: [] }) { order { id } } }',
    requestOrderCancel:
      'mutation { requestOrderCancel(input: { idempotencyKey: "k", orderId: "o" }) { order { id } } }',
  };
  const callers = [
    ['nobody', null, 'UNAUTHENTICATED'],
    ['staff', { sub: 'bob', role: 'staff', cafes: ['92'] }, 'FORBIDDEN'],
    ['an accountant', { sub: 'cho', role: 'accountant', cafes: ['92'] }, 'FORBIDDEN'],
  ] as const;

  it.each(callers)('%s is refused at every field of the root', async (_name, claims, code) => {
    const caller = await callerAt(service.url, claims);
    for (const query of Object.values(rootFields)) {
      expect((await caller.ask(query)).errors?.[0]?.extensions.code).toBe(code);
    }
    for (const query of [
      'subscription { myOrdersChanged { version } }',
      'subscription { orderStatusChanged(orderId: "o") { version } }',
    ]) {
      const answer = await caller.watch(query).next();
      expect(answer.value).toMatchObject({ errors: [{ extensions: { code } }] });
    }
    await caller.close();
  });

  const ENTITY = `query($id: ID!) { _entities(representations: [{ __typename: "Order", id: $id }]) {
    ... on Order { id status notifications { text } } } }`;

  it('a stranger sees nothing of an order, by whatever way', async () => {
    const id = await placedOrder();
    const mallory = await callerAt(service.url, { sub: 'mallory', role: 'customer' });
    const read = await mallory.ask('query($id: ID!) { order(id: $id) { id } orderStatus(orderId: $id) { status } }', {
      id,
    });
    expect(read.data).toEqual({ order: null, orderStatus: null });
    expect((await mallory.ask(ENTITY, { id })).data).toEqual({ _entities: [null] });
    const watched = await mallory
      .watch('subscription($id: ID!) { orderStatusChanged(orderId: $id) { version } }', { id })
      .next();
    expect(watched.value).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    await mallory.close();
  });

  it.each([
    [{ sub: 'alice', role: 'customer' }, true],
    [{ sub: 'bob', role: 'staff', cafes: ['91', '92'] }, true],
    [{ sub: 'cho', role: 'accountant', cafes: ['92'] }, true],
    [{ sub: 'bob', role: 'staff', cafes: ['91'] }, false],
    [{ sub: 'cho', role: 'accountant', cafes: [] }, false],
    [null, false],
  ])('as a reference from another service, %j sees an order: %s', async (claims, sees) => {
    const id = await placedOrder();
    const caller = await callerAt(service.url, claims);
    const { data } = await caller.ask(ENTITY, { id });
    const notifications = claims?.sub === 'alice' ? [{ text: 'paid' }] : [];
    expect(data).toEqual({ _entities: [sees ? { id, status: 'PLACED', notifications } : null] });
    await caller.close();
  });
});

describe('The history of an order', () => {
  const HISTORY = `query($id: ID!) { _entities(representations: [{ __typename: "Order", id: $id }]) {
    ... on Order { status history { message } } } }`;
  let orderId: string;
  beforeAll(async () => {
    orderId = await placedOrder();
    await broker.publish('OrderReceived', orderId, 1, steps.OrderReceived.data);
    await broker.publish('OrderReady', orderId, 2, steps.OrderReady.data);
    await until(async () => {
      const { data } = await alice.ask('query($id: ID!) { orderStatus(orderId: $id) { status } }', { id: orderId });
      return (data as { orderStatus: { status: string } }).orderStatus.status === 'READY';
    });
  });

  it.each([
    [{ sub: 'alice', role: 'customer' }, 'ready, code 4F2'],
    [{ sub: 'bob', role: 'staff', cafes: ['92'] }, 'ready, code 4F2'],
    [{ sub: 'cho', role: 'accountant', cafes: ['92'] }, 'ready'],
  ])('tells %j that it is %s', async (claims, ready) => {
    const caller = await callerAt(service.url, claims);
    const { data } = await caller.ask(HISTORY, { id: orderId });
    const messages = ['received, being paid', 'paid', 'accepted, no. 14', ready];
    expect(data).toEqual({ _entities: [{ status: 'READY', history: messages.map((message) => ({ message })) }] });
    await caller.close();
  });
});

describe('An order live', () => {
  it('shows its present state, then each version once and in order, whichever replica made it', async () => {
    const orderId = await placedOrder();
    const WATCH = `subscription($orderId: ID!) { orderStatusChanged(orderId: $orderId) { version status message order { id } } }`;
    const there = await callerAt(replica.url, { sub: 'alice', role: 'customer' });
    const changes = there.watch(WATCH, { orderId });
    const next = async () =>
      ((await changes.next()).value as { data: { orderStatusChanged: unknown } }).data.orderStatusChanged;
    expect(await next()).toEqual({ version: 2, status: 'PLACED', message: 'paid', order: { id: orderId } });
    await alice.ask(CANCEL, { input: { idempotencyKey: key(), orderId } });
    expect(await next()).toMatchObject({ version: 3, status: 'CANCEL_REQUESTED' });
    await broker.publish('OrderReceived', orderId, 1, steps.OrderReceived.data);
    await broker.publish('OrderCancelRejected', orderId, 2, steps.OrderCancelRejected.data);
    await broker.publish('OrderCanceledByCafe', orderId, 3, steps.OrderCanceledByCafe.data);
    expect(await next()).toMatchObject({ version: 4, status: 'ACCEPTED', message: 'accepted, no. 14' });
    expect(await next()).toMatchObject({ version: 5, status: 'ACCEPTED', message: 'too late, being made' });
    expect(await next()).toMatchObject({ version: 6, status: 'CANCELED_BY_CAFE' });
    expect(await next()).toMatchObject({ version: 7, message: '4000 won refunded' });
    await there.close();

    const { data } = await alice.ask(
      `query($id: ID!) { order(id: $id) { cannotOrderCanceled payment { status refunded } cancellation { allowed reason }
        history { version order { status } } } orderStatus(orderId: $id) { status version } }`,
      { id: orderId },
    );
    expect(data).toMatchObject({
      order: {
        cannotOrderCanceled: true,
        payment: { status: 'REFUNDED', refunded: 4000 },
        cancellation: { allowed: false },
        history: [1, 2, 3, 4, 5, 6, 7].map((version) => ({ version, order: { status: 'CANCELED_BY_CAFE' } })),
      },
      orderStatus: { status: 'CANCELED_BY_CAFE', version: 7 },
    });
    await until(async () =>
      (await simulators.inbox('010-1234-5678')).some(({ key: of }) => of === `order:${orderId}:CANCELED_BY_CAFE`),
    );
  });

  it("shows all of a customer's open orders, and new ones as they come", async () => {
    const erin = await callerAt(service.url, { sub: 'erin', role: 'customer' });
    const open = await placedOrder(erin);
    const changes = erin.watch('subscription { myOrdersChanged { orderId version status } }');
    const next = async () =>
      ((await changes.next()).value as { data: { myOrdersChanged: unknown } }).data.myOrdersChanged;
    expect(await next()).toEqual({ orderId: open, version: 2, status: 'PLACED' });
    const added = await placedOrder(erin);
    expect(await next()).toEqual({ orderId: added, version: 1, status: 'PENDING_PAYMENT' });
    expect(await next()).toEqual({ orderId: added, version: 2, status: 'PLACED' });
    await erin.close();
  });
});
