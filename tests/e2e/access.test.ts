import { randomUUID } from 'node:crypto';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import type { Graph, GraphAnswer } from '../harness/graph.ts';

/** Who is refused what. Each root field stands here once, with an operation that its rightful caller may send. */
interface RootField {
  readonly field: string;
  readonly operation: string;
  /** Who may. `any` is anyone who is signed in. */
  readonly rightful: 'customer' | 'staff' | 'accountant' | 'any';
  /** Whether it belongs to one café, so that another café's people are refused. */
  readonly ofCafe?: boolean;
  readonly variables?: (order: string) => Record<string, unknown>;
}

const key = () => randomUUID();
const staffInput =
  (more: Record<string, unknown> = {}) =>
  (order: string) => ({
    input: { idempotencyKey: key(), orderId: order, ...more },
  });

const FIELDS: readonly RootField[] = [
  {
    field: 'order',
    rightful: 'customer',
    operation: 'query($id: ID!) { order(id: $id) { id } }',
    variables: (id) => ({ id }),
  },
  { field: 'orders', rightful: 'customer', operation: '{ orders { edges { cursor } } }' },
  {
    field: 'orderStatus',
    rightful: 'customer',
    operation: 'query($id: ID!) { orderStatus(orderId: $id) { status } }',
    variables: (id) => ({ id }),
  },
  { field: 'cafe', rightful: 'any', operation: '{ cafe(id: "92") { name } }' },
  { field: 'cafes', rightful: 'any', operation: '{ cafes { edges { cursor } } }' },
  {
    field: 'deliveries',
    rightful: 'staff',
    ofCafe: true,
    operation: '{ deliveries(cafeId: "92") { edges { cursor } } }',
  },
  {
    field: 'accounting',
    rightful: 'accountant',
    ofCafe: true,
    operation: '{ accounting(cafeId: "92", businessDate: "20200514") { salesSum } }',
  },
  {
    field: 'accountings',
    rightful: 'accountant',
    ofCafe: true,
    operation: '{ accountings(cafeId: "92") { edges { cursor } } }',
  },
  {
    field: 'accountingStatistics',
    rightful: 'accountant',
    ofCafe: true,
    operation: '{ accountingStatistics(cafeId: "92", from: "20200501", to: "20200531") { period } }',
  },
  {
    field: 'productSales',
    rightful: 'accountant',
    ofCafe: true,
    operation: '{ productSales(cafeId: "92", from: "20200501", to: "20200531") { product } }',
  },
  {
    field: 'corrections',
    rightful: 'accountant',
    ofCafe: true,
    operation: '{ corrections(cafeId: "92") { edges { cursor } } }',
  },
  {
    field: 'headquartersTransfers',
    rightful: 'accountant',
    ofCafe: true,
    operation: '{ headquartersTransfers(cafeId: "92") { edges { cursor } } }',
  },
  {
    field: 'placeOrder',
    rightful: 'customer',
    operation: 'mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }',
    variables: () => ({ input: { idempotencyKey: key(), lines: [{ product: 'IceAmericano', qty: 1 }] } }),
  },
  {
    field: 'requestOrderCancel',
    rightful: 'customer',
    operation: 'mutation($input: RequestOrderCancelInput!) { requestOrderCancel(input: $input) { order { id } } }',
    variables: staffInput(),
  },
  ...(
    [
      ['acceptOrder', 'AcceptOrderInput', {}],
      ['rejectOrder', 'RejectOrderInput', { reason: 'OTHER' }],
      ['markReady', 'MarkReadyInput', {}],
      ['handOver', 'HandOverInput', { pickupCode: 'ABC' }],
      ['cancelByCafe', 'CancelByCafeInput', { reason: 'none' }],
    ] as const
  ).map(([field, input, more]): RootField => ({
    field,
    rightful: 'staff',
    ofCafe: true,
    operation: `mutation($input: ${input}!) { ${field}(input: $input) { delivery { status } } }`,
    variables: staffInput(more),
  })),
  {
    field: 'setCafeOpen',
    rightful: 'staff',
    ofCafe: true,
    operation: 'mutation($input: SetCafeOpenInput!) { setCafeOpen(input: $input) { cafe { open } } }',
    variables: () => ({ input: { idempotencyKey: key(), cafeId: '92', open: true } }),
  },
  {
    field: 'saveMenuItem',
    rightful: 'staff',
    ofCafe: true,
    operation: 'mutation($input: SaveMenuItemInput!) { saveMenuItem(input: $input) { menuItem { product } } }',
    variables: () => ({ input: { idempotencyKey: key(), cafeId: '92', product: 'Tea', price: 1 } }),
  },
];

const SUBSCRIPTIONS = [
  { operation: 'subscription($id: ID!) { orderStatusChanged(orderId: $id) { status } }', rightful: 'customer' },
  { operation: 'subscription { myOrdersChanged { status } }', rightful: 'customer' },
  { operation: 'subscription { deliveriesChanged(cafeId: "92") { status } }', rightful: 'staff' },
  { operation: 'subscription { accountingChanged(cafeId: "92") { revision } }', rightful: 'accountant' },
] as const;

const ROLES = ['customer', 'staff', 'accountant'] as const;
const codesOf = (answer: GraphAnswer<unknown>): unknown[] => answer.errors.map(({ extensions }) => extensions?.code);

describe('who may do what', () => {
  let cafe: Cafe;
  let order: string;
  let anonymous: Graph;
  let ofCafe92: Record<(typeof ROLES)[number], Graph>;
  let ofCafe93: Record<(typeof ROLES)[number], Graph>;
  beforeAll(async () => {
    cafe = await openCafe();
    const alice = await cafe.customer('alice');
    order = (await alice.paidOrder()).id;
    const staff = await cafe.staff();
    await eventually(
      () => staff.delivery(order),
      (delivery) => delivery !== null,
    );
    anonymous = cafe.graphWith();
    const people = async (cafeId: string, customer: string) => ({
      customer: await cafe.graphAs('customer', customer),
      staff: await cafe.graphAs('staff', `barista-${cafeId}`, [cafeId]),
      accountant: await cafe.graphAs('accountant', `accountant-${cafeId}`, [cafeId]),
    });
    ofCafe92 = await people('92', 'alice');
    ofCafe93 = await people('93', 'mallory');
  }, 90_000);
  afterAll(() => cafe.close());

  it('stands here for every root field that there is', async () => {
    const { data } = await anonymous.send<{
      __schema: Record<'queryType' | 'mutationType' | 'subscriptionType', { fields: { name: string }[] }>;
    }>(
      '{ __schema { queryType { fields { name } } mutationType { fields { name } } subscriptionType { fields { name } } } }',
    );
    const names = Object.values(data?.__schema ?? {}).flatMap(({ fields }) => fields.map(({ name }) => name));
    const shownApart = ['delivery', 'resendHeadquartersTransfer'];
    const here = [
      ...FIELDS.map(({ field }) => field),
      ...SUBSCRIPTIONS.map(({ operation }) => /\{ (\w+)/.exec(operation)?.[1] ?? ''),
      ...shownApart,
    ];
    expect(names.toSorted()).toEqual(here.toSorted());
  });

  it('does not let a client speak as the router', async () => {
    const answer = await fetch(cafe.system.urls.graph, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-router-identity': await cafe.system.token({ role: 'customer', sub: 'alice' }),
      },
      body: JSON.stringify({
        query: '{ orders { edges { cursor } } }',
        extensions: { identity: await cafe.system.token({ role: 'customer', sub: 'alice' }) },
      }),
    });
    expect(JSON.stringify(await answer.json())).toContain('UNAUTHENTICATED');
  });

  it.each(FIELDS)('$field refuses a caller without a token', async ({ operation, variables }) => {
    const answer = await anonymous.send(operation, variables?.(order));
    expect(codesOf(answer)).toContain('UNAUTHENTICATED');
  });

  it.each(FIELDS.filter(({ rightful }) => rightful !== 'any'))(
    '$field refuses the wrong roles',
    async ({ operation, variables, rightful }) => {
      for (const role of ROLES.filter((each) => each !== rightful)) {
        const answer = await ofCafe92[role].send(operation, variables?.(order));
        expect([role, codesOf(answer)]).toEqual([role, ['FORBIDDEN']]);
      }
    },
  );

  it.each(FIELDS.filter((each) => each.ofCafe === true))(
    '$field refuses the people of another café',
    async ({ operation, variables, rightful }) => {
      const answer = await ofCafe93[rightful as 'staff' | 'accountant'].send(operation, variables?.(order));
      expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    },
  );

  it("hides a stranger's order and delivery", async () => {
    const asked = await ofCafe93.customer.send<Record<string, unknown>>(
      'query($id: ID!) { order(id: $id) { id } orderStatus(orderId: $id) { status } delivery(orderId: $id) { status } }',
      { id: order },
    );
    expect(asked.data).toEqual({ order: null, orderStatus: null, delivery: null });
    const cancel = await ofCafe93.customer.data<{
      requestOrderCancel: { order: null; userErrors: { code: string }[] };
    }>(
      'mutation($input: RequestOrderCancelInput!) { requestOrderCancel(input: $input) { order { id } userErrors { code } } }',
      { input: { idempotencyKey: key(), orderId: order } },
    );
    expect(cancel.requestOrderCancel).toEqual({ order: null, userErrors: [{ code: 'ORDER_NOT_FOUND' }] });
  });

  it('shows delivery(orderId) to the customer and the staff of the café, and to nobody else', async () => {
    const DELIVERY = 'query($id: ID!) { delivery(orderId: $id) { status } }';
    expect((await ofCafe92.customer.send(DELIVERY, { id: order })).data).toEqual({ delivery: { status: 'ORDER_GET' } });
    expect((await ofCafe92.staff.send(DELIVERY, { id: order })).data).toEqual({ delivery: { status: 'ORDER_GET' } });
    expect(codesOf(await ofCafe93.staff.send(DELIVERY, { id: order }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await ofCafe92.accountant.send(DELIVERY, { id: order }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await anonymous.send(DELIVERY, { id: order }))).toEqual(['UNAUTHENTICATED']);
  });

  it('refuses resendHeadquartersTransfer to everyone but the accountant of the café', async () => {
    const RESEND = `mutation($input: ResendHeadquartersTransferInput!) {
      resendHeadquartersTransfer(input: $input) { userErrors { code } } }`;
    const staff = await cafe.staff();
    await staff.act('acceptOrder', order);
    const transfer = await eventually(
      () =>
        ofCafe92.accountant.data<{ headquartersTransfers: { edges: { node: { id: string } }[] } }>(
          '{ headquartersTransfers(cafeId: "92") { edges { node { id } } } }',
        ),
      ({ headquartersTransfers }) => headquartersTransfers.edges.length > 0,
    );
    const input = { idempotencyKey: key(), transferId: transfer.headquartersTransfers.edges[0]?.node.id };
    expect(codesOf(await anonymous.send(RESEND, { input }))).toEqual(['UNAUTHENTICATED']);
    expect(codesOf(await ofCafe92.customer.send(RESEND, { input }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await ofCafe92.staff.send(RESEND, { input }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await ofCafe93.accountant.send(RESEND, { input }))).toEqual(['FORBIDDEN']);
  });

  it.each(SUBSCRIPTIONS)('$operation refuses everyone else', async ({ operation, rightful }) => {
    const refused: [string, Graph, string][] = [
      ['nobody', anonymous, 'UNAUTHENTICATED'],
      ...ROLES.filter((role) => role !== rightful).map((role): [string, Graph, string] => [
        role,
        ofCafe92[role],
        'FORBIDDEN',
      ]),
      ...(rightful === 'customer' ? [] : [['other café', ofCafe93[rightful], 'FORBIDDEN'] as [string, Graph, string]]),
    ];
    for (const [who, graph, code] of refused) {
      const live = graph.watch(operation, operation.includes('$id') ? { id: order } : {});
      await eventually(
        () => Promise.resolve(live.errors),
        (errors) => errors.length > 0,
      );
      expect([who, live.errors[0]?.extensions?.code, live.events]).toEqual([who, code, []]);
      live.stop();
    }
  });

  it("refuses to watch a stranger's order", async () => {
    const live = ofCafe93.customer.watch('subscription($id: ID!) { orderStatusChanged(orderId: $id) { status } }', {
      id: order,
    });
    await eventually(
      () => Promise.resolve(live.errors),
      (errors) => errors.length > 0,
    );
    expect(live.events).toEqual([]);
  });

  it('refuses a forged token at the router, over HTTP and over WebSocket', async () => {
    const forged = `${(await cafe.system.token({ role: 'customer', sub: 'alice' })).slice(0, -8)}AAAAAAAA`;
    const graph = cafe.graphWith(forged);
    const answer = await graph.send('{ orders { edges { cursor } } }');
    expect(answer.status).toBe(401);
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    const live = graph.watch('subscription { myOrdersChanged { status } }');
    await eventually(
      () => Promise.resolve(live.errors),
      (errors) => errors.length > 0,
      60_000,
    );
    expect(live.events).toEqual([]);
  }, 90_000);

  it.each(['customer', 'delivery', 'accounting'] as const)(
    'the %s subgraph takes requests from the router only',
    async (name) => {
      for (const headers of [
        {},
        { 'x-router-identity': 'made up' },
        { authorization: `Bearer ${await cafe.system.token({ role: 'customer', sub: 'alice' })}` },
      ]) {
        const answer = await fetch(`${cafe.system.urls[name]}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query: '{ __typename }' }),
        });
        expect(answer.status).toBe(401);
        expect(JSON.stringify(await answer.json())).toContain('NOT_FROM_ROUTER');
      }
    },
  );
});
