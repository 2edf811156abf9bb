import { randomUUID } from 'node:crypto';
import type { Client } from 'graphql-ws';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { createProxy } from '@cafe-for-me/lib/testing/proxy';
import { connectAsRouter } from '@cafe-for-me/lib/testing/router-socket';
import { until } from '@cafe-for-me/lib/testing/until';
import { STREAMS, type AnyEnvelope } from '@cafe-for-me/schema/events';
import { PICKUP_ALPHABET } from './domain/pickup-code.ts';
import { seedCafes } from './application/seed-cafes.ts';
import {
  cancelRequested,
  later,
  openStore,
  orderPlaced,
  paymentCompleted,
  routerKey,
  startBroker,
  startDatabase,
  startService,
  type Broker,
  type Service,
} from './testing/delivery.ts';
import { codesOf, take, type Answer, type Identity } from '@cafe-for-me/lib/testing/as-router';
import {
  accountant,
  accountantElsewhere,
  ask,
  connectLive,
  customer,
  otherCustomer,
  secondStaff,
  staff,
  staffElsewhere,
  watch,
} from './testing/router.ts';

const key = randomUUID;
const soon = (): Date => later(10, new Date());
const STATE = `code message path ... on DeliveryStateError { status by at }`;

function mutation(name: string): string {
  const input = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  return `mutation ($input: ${input}) { ${name}(input: $input) {
    delivery { orderId status version queueNumber pickupCode availableActions } userErrors { ${STATE} } } }`;
}

describe('the delivery subgraph', () => {
  let broker: Broker;
  let database: TestDatabase;
  let service: Service;
  let replica: Service;
  beforeAll(async () => {
    [broker, database] = await Promise.all([startBroker(), startDatabase()]);
    const store = openStore(database.url, 1);
    await seedCafes(store.parts);
    await store.close();
    const given = { databaseUrl: database.url, natsUrl: broker.nats.url, collectWithinMs: 3_600_000 };
    [service, replica] = await Promise.all([startService(given), startService(given)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([service.stop(), replica.stop()]);
    await Promise.all([broker.stop(), database.drop()]);
  }, 60_000);

  const send = (identity: Identity, query: string, variables: object = {}) =>
    ask(service.url, identity, query, variables);

  async function act(name: string, orderId: string, more: object = {}, identity: Identity = staff): Promise<Answer> {
    return send(identity, mutation(name), { input: { idempotencyKey: key(), orderId, ...more } });
  }

  async function statusOf(orderId: string): Promise<string | undefined> {
    const [row] = await database.query<{ status: string }>('SELECT status FROM delivery WHERE order_id = $1', [
      orderId,
    ]);
    return row?.status;
  }

  /** A paid order, once it is at the café. */
  async function paid(given: { cafeId?: string; customerId?: string; acceptBy?: Date } = {}): Promise<string> {
    const orderId = randomUUID();
    await broker.publish(
      orderPlaced(orderId, given.cafeId, given.customerId),
      paymentCompleted({ orderId, acceptBy: soon(), ...given }),
    );
    await until(() => statusOf(orderId));
    return orderId;
  }

  /** The events that the stream holds of an aggregate, once there are so many. */
  async function published(aggregateId: string, count: number): Promise<AnyEnvelope[]> {
    return until(async () => {
      const rows = await database.query<{ envelope: AnyEnvelope }>(
        'SELECT envelope FROM outbox JOIN outbox_published USING (position) WHERE aggregate_id = $1 ORDER BY aggregate_version',
        [aggregateId],
      );
      return rows.length >= count ? rows.map(({ envelope }) => envelope) : null;
    });
  }

  it('plays the life of an order from the paid event to the pick-up, and publishes each step', async () => {
    const id = await paid();
    const accepted = await act('acceptOrder', id, { readyInMinutes: 5 });
    expect(accepted.data.acceptOrder).toMatchObject({
      delivery: { status: 'RECEIVED', version: 2, pickupCode: null, availableActions: ['MARK_READY', 'CANCEL'] },
      userErrors: [],
    });
    const ready = await act('markReady', id);
    const code = ready.data.markReady.delivery.pickupCode as string;
    expect(code).toMatch(new RegExp(`^[${PICKUP_ALPHABET}]{3}$`));
    const wrong = await act('handOver', id, { pickupCode: 'nope' });
    expect(wrong.data.handOver).toMatchObject({ delivery: null, userErrors: [{ code: 'WRONG_PICKUP_CODE' }] });
    const handed = await act('handOver', id, { pickupCode: ` ${code.toLowerCase()}` });
    expect(handed.data.handOver).toMatchObject({
      delivery: { status: 'PICKED_UP', availableActions: [] },
      userErrors: [],
    });
    const events = await published(id, 4);
    expect(events.map(({ type }) => type)).toEqual(['DeliveryCreated', 'OrderReceived', 'OrderReady', 'OrderPickedUp']);
    const stream = await (await broker.connection.jetstreamManager()).streams.info(STREAMS.DELIVERIES.name);
    expect(stream.state.messages).toBeGreaterThanOrEqual(4);
    const line = service.lines.find(({ orderId, change }) => orderId === id && change === 'OrderReceived');
    expect(line).toMatchObject({ level: 'info', requestId: 'request-1' });
  });

  it('tells the second barista who was first and when, as data', async () => {
    const id = await paid();
    await act('acceptOrder', id);
    const { data } = await act('acceptOrder', id, {}, secondStaff);
    expect(data.acceptOrder).toEqual({
      delivery: null,
      userErrors: [
        {
          code: 'ALREADY_ACCEPTED',
          message: expect.any(String) as string,
          path: ['input', 'orderId'],
          status: 'RECEIVED',
          by: 'bob',
          at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        },
      ],
    });
  });

  it('answers a cancel request by itself: confirmed before acceptance, rejected after', async () => {
    const [early, late] = [await paid(), await paid()];
    await act('acceptOrder', late);
    await broker.publish(cancelRequested(early), cancelRequested(late));
    expect((await published(early, 2)).at(-1)?.type).toBe('OrderCancelConfirmed');
    expect((await published(late, 3)).at(-1)).toMatchObject({
      type: 'OrderCancelRejected',
      data: { status: 'RECEIVED', reason: 'ALREADY_ACCEPTED' },
    });
  });

  it('resolves what was ordered and canceled while the store was down, once it returns', async () => {
    await Promise.all([service.stop(), replica.stop()]);
    const [kept, canceled] = [randomUUID(), randomUUID()];
    for (const orderId of [kept, canceled]) {
      await broker.publish(orderPlaced(orderId), paymentCompleted({ orderId, acceptBy: soon() }));
    }
    await broker.publish(cancelRequested(canceled));
    const given = { databaseUrl: database.url, natsUrl: broker.nats.url };
    [service, replica] = await Promise.all([startService(given), startService(given)]);
    expect((await published(canceled, 2)).map(({ type }) => type)).toEqual(['DeliveryCreated', 'OrderCancelConfirmed']);
    expect(await until(() => statusOf(kept))).toBe('ORDER_GET');
  }, 60_000);

  it('expires an order that nobody answers, once, though two replicas watch the clock', async () => {
    const id = await paid({ acceptBy: new Date() });
    expect((await published(id, 2)).map(({ type }) => type)).toEqual(['DeliveryCreated', 'OrderExpired']);
    const { data } = await act('acceptOrder', id);
    expect(data.acceptOrder.userErrors).toMatchObject([{ code: 'ALREADY_EXPIRED', by: null }]);
  });

  it('applies an event that comes twice, or before the one before it, as if it came once and in order', async () => {
    const orderId = randomUUID();
    const [first, second, third] = [
      orderPlaced(orderId),
      paymentCompleted({ orderId, acceptBy: soon() }),
      cancelRequested(orderId),
    ];
    await broker.publish(third, second, second, first, third, first);
    expect((await published(orderId, 2)).map(({ type }) => type)).toEqual(['DeliveryCreated', 'OrderCancelConfirmed']);
    await until(async () => (await service.consumer.pending()) === 0);
    expect(await published(orderId, 2)).toHaveLength(2);
  });

  it('passes over events that it does not know, and counts their versions', async () => {
    const orderId = randomUUID();
    const odd = { ...orderPlaced(orderId), type: 'OrderBlessed' } as unknown as AnyEnvelope;
    const js = broker.connection.jetstream();
    await js.publish('orders.92.OrderBlessed', JSON.stringify(odd));
    await broker.publish(paymentCompleted({ orderId, acceptBy: soon() }));
    expect(await until(() => statusOf(orderId))).toBe('ORDER_GET');
  });

  it('puts an event that it cannot apply aside, and goes on with the orders around it', async () => {
    const [bad, good] = [randomUUID(), randomUUID()];
    const poison = paymentCompleted({ orderId: bad, version: 1 });
    await broker.publish(
      { ...poison, data: { ...poison.data, acceptBy: 'whenever' } },
      orderPlaced(good),
      paymentCompleted({ orderId: good, acceptBy: soon() }),
    );
    expect(await until(() => statusOf(good))).toBe('ORDER_GET');
    const [letter] = await until(async () => {
      const rows = await database.query('SELECT * FROM dead_letter WHERE aggregate_id = $1 AND retry_at IS NULL', [
        bad,
      ]);
      return rows.length > 0 && rows;
    });
    expect(letter).toMatchObject({ version: 1, error: expect.stringContaining('Invalid time value') as string });
  });

  describe('shows', () => {
    const DELIVERY = `query ($id: ID!) { delivery(orderId: $id) { orderId status pickupCode availableActions } }`;
    const ENTITY = `query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Order { id delivery { status pickupCode } } ... on Delivery { orderId status } ... on Cafe { id name } } }`;

    it('a delivery to its customer and the staff of its café, and its pickup code to both', async () => {
      const id = await paid();
      await act('acceptOrder', id);
      const code = ((await act('markReady', id)).data.markReady.delivery as { pickupCode: string }).pickupCode;
      const seen = { orderId: id, status: 'READY', pickupCode: code };
      expect((await send(customer, DELIVERY, { id })).data.delivery).toEqual({ ...seen, availableActions: [] });
      expect((await send(staff, DELIVERY, { id })).data.delivery).toEqual({
        ...seen,
        availableActions: ['HAND_OVER', 'CANCEL'],
      });
    });

    it('nothing of it to anybody else', async () => {
      const id = await paid();
      expect((await send(otherCustomer, DELIVERY, { id })).data).toEqual({ delivery: null });
      expect((await send(customer, DELIVERY, { id: 'no such order' })).data).toEqual({ delivery: null });
      expect((await send(customer, DELIVERY, { id: 'a\0b' })).data).toEqual({ delivery: null });
      expect(codesOf(await send(staffElsewhere, DELIVERY, { id }))).toEqual(['FORBIDDEN']);
      expect(codesOf(await send(accountant, DELIVERY, { id }))).toEqual(['FORBIDDEN']);
      expect(codesOf(await send(null, DELIVERY, { id }))).toEqual(['UNAUTHENTICATED']);
    });

    it('Order.delivery to its customer and to the people of its café, without the code to those who keep the books', async () => {
      const id = await paid();
      await act('acceptOrder', id);
      const code = ((await act('markReady', id)).data.markReady.delivery as { pickupCode: string }).pickupCode;
      const of = [
        { __typename: 'Order', id },
        { __typename: 'Order', id: 'not here yet' },
      ];
      const answers = async (identity: Identity) => {
        const { data } = await send(identity, ENTITY, { of });
        return data._entities[0].delivery as unknown;
      };
      for (const who of [customer, staff]) expect(await answers(who)).toEqual({ status: 'READY', pickupCode: code });
      expect(await answers(accountant)).toEqual({ status: 'READY', pickupCode: null });
      for (const who of [otherCustomer, staffElsewhere, accountantElsewhere, null])
        expect(await answers(who)).toBeNull();
      expect((await send(customer, ENTITY, { of })).data._entities[1]).toEqual({ id: 'not here yet', delivery: null });
    });

    it('entities of one request by one look at the database each', async () => {
      const ids = await Promise.all([paid(), paid(), paid()]);
      const of = [
        ...ids.map((orderId) => ({ __typename: 'Delivery', orderId })),
        { __typename: 'Cafe', id: '93' },
        { __typename: 'Cafe', id: 'no such café' },
      ];
      const { data } = await send(customer, ENTITY, { of });
      expect(data._entities).toEqual([
        ...ids.map((orderId) => ({ orderId, status: 'ORDER_GET' })),
        { id: '93', name: 'Café For Me Hongdae' },
        null,
      ]);
    });

    it('cafés, with menu and wait, to whoever is signed in', async () => {
      const CAFE = `{ cafe(id: "93") { id name open timeZone dayCutoffHour queueLength waitMinutes menu { product price available } } }`;
      for (const who of [customer, staffElsewhere, accountant]) {
        const { data } = await send(who, CAFE);
        expect(data.cafe).toMatchObject({
          id: '93',
          open: true,
          timeZone: 'Asia/Seoul',
          queueLength: 0,
          waitMinutes: 5,
        });
        expect(data.cafe.menu[0]).toEqual({ product: 'IceAmericano', price: 1800, available: true });
      }
      expect(codesOf(await send(null, CAFE))).toEqual(['UNAUTHENTICATED']);
      const first = await send(
        customer,
        '{ cafes(first: 2) { edges { node { id } } pageInfo { hasNextPage endCursor } } }',
      );
      expect(first.data.cafes.edges).toEqual([{ node: { id: '92' } }, { node: { id: '93' } }]);
      const rest = await send(
        customer,
        'query ($after: String) { cafes(after: $after) { edges { node { id } } pageInfo { hasNextPage } } }',
        {
          after: first.data.cafes.pageInfo.endCursor as string,
        },
      );
      expect(rest.data.cafes).toEqual({ edges: [{ node: { id: '94' } }], pageInfo: { hasNextPage: false } });
    });

    it('the list of a café page by page, and no page of more than 100', async () => {
      const ids = [await paid({ cafeId: '94' }), await paid({ cafeId: '94' }), await paid({ cafeId: '94' })];
      const LIST = `query ($after: String, $first: Int) { deliveries(cafeId: "94", status: [ORDER_GET], first: $first, after: $after) {
        edges { node { orderId order { id } lines { product qty unitPrice total } cafe { name queueLength } } } pageInfo { hasNextPage endCursor } } }`;
      const who = { ...staff, cafes: ['94'] };
      const first = await send(who, LIST, { first: 2 });
      expect(first.data.deliveries.edges[0].node).toEqual({
        orderId: ids[0],
        order: { id: ids[0] },
        lines: [{ product: 'IceAmericano', qty: 2, unitPrice: 2000, total: 4000 }],
        cafe: { name: 'Café For Me Haeundae', queueLength: 3 },
      });
      const { endCursor: after } = first.data.deliveries.pageInfo as { endCursor: string };
      const second = await send(who, LIST, { first: 2, after });
      expect(second.data.deliveries.edges).toMatchObject([{ node: { orderId: ids[2] } }]);
      for (const wrong of [{ first: 101 }, { first: 0 }, { after: 'made up' }]) {
        expect(codesOf(await send(who, LIST, wrong))).toEqual(['BAD_USER_INPUT']);
      }
    });
  });

  describe('refuses', () => {
    let id: string;
    beforeAll(async () => {
      id = await paid();
    });

    const staffFields: [string, (id: string) => object][] = [
      ['acceptOrder', () => ({})],
      ['rejectOrder', () => ({ reason: 'OTHER' })],
      ['markReady', () => ({})],
      ['handOver', () => ({ pickupCode: 'ABC' })],
      ['cancelByCafe', () => ({ reason: 'none' })],
    ];
    const fields: [string, string, (orderId: string) => object][] = [
      ...staffFields.map(([name, more]): [string, string, (orderId: string) => object] => [
        name,
        mutation(name),
        (orderId) => ({ input: { idempotencyKey: key(), orderId, ...more(orderId) } }),
      ]),
      [
        'setCafeOpen',
        'mutation ($input: SetCafeOpenInput!) { setCafeOpen(input: $input) { cafe { open } } }',
        () => ({ input: { idempotencyKey: key(), cafeId: '92', open: false } }),
      ],
      [
        'saveMenuItem',
        'mutation ($input: SaveMenuItemInput!) { saveMenuItem(input: $input) { menuItem { product } } }',
        () => ({ input: { idempotencyKey: key(), cafeId: '92', product: 'Tea', price: 1 } }),
      ],
      ['deliveries', '{ deliveries(cafeId: "92") { edges { cursor } } }', () => ({})],
    ];

    it.each(fields)('%s to everyone but the staff of the café', async (_name, query, variables) => {
      for (const who of [customer, otherCustomer, accountant, accountantElsewhere, staffElsewhere]) {
        expect(codesOf(await send(who, query, variables(id)))).toEqual(['FORBIDDEN']);
      }
      expect(codesOf(await send(null, query, variables(id)))).toEqual(['UNAUTHENTICATED']);
      expect(await statusOf(id)).toBe('ORDER_GET');
    });

    it('to show changes to everyone but the staff of the café', async () => {
      const client = await connectLive(service.url);
      for (const [who, code] of [
        [customer, 'FORBIDDEN'],
        [accountant, 'FORBIDDEN'],
        [staffElsewhere, 'FORBIDDEN'],
        [null, 'UNAUTHENTICATED'],
      ] as const) {
        const answers = await watch(client, who, 'subscription { deliveriesChanged(cafeId: "92") { status } }');
        const refused: unknown = await answers.next().then(
          ({ value }) => (value as Answer).errors,
          (error: unknown) => error,
        );
        expect(JSON.stringify(refused)).toContain(code);
      }
      await client.dispose();
    });

    it('a request that does not come from the router', async () => {
      const response = await fetch(service.url, { method: 'POST', body: '{"query":"{ __typename }"}' });
      expect([response.status, await response.text()]).toEqual([401, expect.stringContaining('NOT_FROM_ROUTER')]);
    });
  });

  it('changes the café and its menu for its staff, and tells with the versions of one sequence', async () => {
    const who = { ...staff, cafes: ['94'] };
    const OPEN =
      'mutation ($input: SetCafeOpenInput!) { setCafeOpen(input: $input) { cafe { open } userErrors { code } } }';
    const SAVE = `mutation ($input: SaveMenuItemInput!) { saveMenuItem(input: $input) {
      menuItem { product price available } userErrors { __typename code path } } }`;
    const closed = await send(who, OPEN, { input: { idempotencyKey: key(), cafeId: '94', open: false } });
    expect(closed.data.setCafeOpen).toEqual({ cafe: { open: false }, userErrors: [] });
    const input = { idempotencyKey: key(), cafeId: '94', product: '🍓 Latte', price: 6000 };
    const saved = await send(who, SAVE, { input });
    expect(saved.data.saveMenuItem).toEqual({
      menuItem: { product: '🍓 Latte', price: 6000, available: true },
      userErrors: [],
    });
    const reused = await send(who, SAVE, { input: { ...input, price: 6001 } });
    expect(reused.data.saveMenuItem.userErrors).toMatchObject([
      { __typename: 'IdempotencyKeyReusedError', code: 'IDEMPOTENCY_KEY_REUSED' },
    ]);
    const soldOut = await send(who, SAVE, {
      input: { idempotencyKey: key(), cafeId: '94', product: 'Espresso', available: false },
    });
    expect(soldOut.data.saveMenuItem.menuItem).toEqual({ product: 'Espresso', price: 2000, available: false });
    const dearer = await send(who, SAVE, {
      input: { idempotencyKey: key(), cafeId: '94', product: 'Espresso', price: 2100 },
    });
    expect(dearer.data.saveMenuItem.menuItem).toEqual({ product: 'Espresso', price: 2100, available: false });
    const priceless = await send(who, SAVE, { input: { idempotencyKey: key(), cafeId: '94', product: 'Tea' } });
    expect(priceless.data.saveMenuItem).toEqual({
      menuItem: null,
      userErrors: [{ __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'price'] }],
    });
    const refused = await send(who, SAVE, { input: { ...input, idempotencyKey: key(), price: -1 } });
    expect(refused.data.saveMenuItem).toEqual({
      menuItem: null,
      userErrors: [{ __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'price'] }],
    });
    const events = await published('cafe:94', 17);
    expect(events.map(({ aggregateVersion }) => aggregateVersion)).toEqual(events.map((_, index) => index + 1));
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['MenuItemSaved', 'MenuItemSaved']);
  });

  describe('live', () => {
    const CHANGES = `subscription { deliveriesChanged(cafeId: "93") {
      orderId version status at delivery { status version pickupCode queueNumber availableActions cafe { name } } } }`;
    let client: Client;
    beforeAll(async () => {
      client = await connectLive(replica.url);
    });
    afterAll(async () => client.dispose());

    const changeOf = ({ data }: Answer) =>
      data.deliveriesChanged as { orderId: string; version: number; status: string; delivery: Record<string, unknown> };

    it('shows each unfinished delivery of the café first, then every version of each once and in order', async () => {
      const there = await paid({ cafeId: '93' });
      await act('acceptOrder', there, {}, staffElsewhere);
      const answers = await watch(client, staffElsewhere, CHANGES);
      const [present] = (await take(answers, 1)).map(changeOf);
      expect(present).toMatchObject({
        orderId: there,
        version: 2,
        status: 'RECEIVED',
        delivery: { version: 2, cafe: { name: 'Café For Me Hongdae' }, availableActions: ['MARK_READY', 'CANCEL'] },
      });
      // Another café's, and the café itself, are not told here.
      await paid({ cafeId: '92' });
      const SAVE = 'mutation ($input: SaveMenuItemInput!) { saveMenuItem(input: $input) { userErrors { code } } }';
      await send(staffElsewhere, SAVE, { input: { idempotencyKey: key(), cafeId: '93', product: 'Tea', price: 1 } });
      await act('markReady', there, {}, staffElsewhere);
      const fresh = await paid({ cafeId: '93' });
      await act('acceptOrder', fresh, {}, staffElsewhere);
      await broker.publish(cancelRequested(fresh));
      await published(fresh, 3);
      await act('cancelByCafe', fresh, { reason: 'none' }, staffElsewhere);
      const changes = (await take(answers, 5)).map(changeOf);
      const told = (orderId: string) =>
        changes.filter((change) => change.orderId === orderId).map(({ version, status }) => `${version} ${status}`);
      expect(told(there)).toEqual(['3 READY']);
      expect(told(fresh)).toEqual(['1 ORDER_GET', '2 RECEIVED', '3 RECEIVED', '4 CANCELED_BY_CAFE']);
      // Each change shows the delivery as it was at that version.
      for (const { version, status, delivery } of changes) expect(delivery).toMatchObject({ version, status });
      await answers.return?.();
    });

    it('goes on where it was at a replica that was just started, with each delivery as it was then', async () => {
      const router = await connectAsRouter(replica.url, routerKey);
      const before = router.subscribe(CHANGES, {}, { claims: staffElsewhere });
      let resumeFrom: string | undefined;
      while (resumeFrom === undefined) {
        const { payload } = await before.next();
        resumeFrom = payload.extensions?.position ?? payload.position;
      }
      await router.close();
      const missed = await paid({ cafeId: '93' });
      await paid({ cafeId: '92' });
      await act('acceptOrder', missed, {}, staffElsewhere);
      await act('markReady', missed, {}, staffElsewhere);
      await published(missed, 3);
      const fresh = await startService({ databaseUrl: database.url, natsUrl: broker.nats.url });
      const there = await connectAsRouter(fresh.url, routerKey);
      try {
        const again = there.subscribe(CHANGES, {}, { claims: staffElsewhere, resumeFrom });
        for (const [index, status] of ['ORDER_GET', 'RECEIVED', 'READY'].entries()) {
          const { payload } = await again.nextOf('next');
          expect(changeOf(payload as Answer)).toMatchObject({
            orderId: missed,
            version: index + 1,
            status,
            delivery: { version: index + 1, status },
          });
          expect(payload.extensions?.resumed).toBe(index === 0 ? 'exact' : undefined);
        }
        // Staff of one café come back with another's place, and get their own café's state.
        const other = there.subscribe(CHANGES, {}, { claims: staff, resumeFrom });
        expect(await other.next()).toMatchObject({ payload: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } });
      } finally {
        await there.close();
        await fresh.stop();
      }
    });

    it('lets a subscriber go at once, though nothing happens at its café', async () => {
      const answers = await watch(
        client,
        { ...staff, cafes: ['quiet'] },
        'subscription { deliveriesChanged(cafeId: "quiet") { status } }',
      );
      const pending = answers.next();
      await answers.return?.();
      expect((await pending).done).toBe(true);
    });
  });

  it('starts and works without the broker, and catches up when that is there', async () => {
    const proxy = await createProxy(broker.nats.url);
    await proxy.cut();
    const own = await startDatabase();
    const store = openStore(own.url, 1);
    await seedCafes(store.parts);
    await store.close();
    const alone = await startService({ databaseUrl: own.url, natsUrl: proxy.url });
    try {
      const ready = await fetch(alone.url.replace('/graphql', '/health/ready'));
      expect(ready.status).toBe(200);
      const { data } = await ask(alone.url, customer, '{ cafe(id: "92") { name } }');
      expect(data.cafe.name).toBe('Café For Me Gangnam');
      await proxy.restore();
      await until(async () => {
        const [row] = await own.query<{ left: number }>('SELECT count(*)::int AS left FROM outbox_unpublished');
        return row?.left === 0;
      });
      // Its own empty database reads the whole history of orders.
      await until(async () => (await own.query('SELECT 1 FROM delivery LIMIT 1')).length > 0);
    } finally {
      await alone.stop();
      await proxy.close();
      await own.drop();
    }
  }, 60_000);

  it('is not ready without its database', async () => {
    const own = await startDatabase();
    const proxy = await createProxy(own.url);
    const lone = await startService({ databaseUrl: proxy.url, natsUrl: broker.nats.url });
    const ready = async () => (await fetch(lone.url.replace('/graphql', '/health/ready'))).status;
    try {
      expect(await ready()).toBe(200);
      await proxy.cut();
      expect(await until(async () => (await ready()) === 503)).toBe(true);
      await proxy.restore();
      expect(await until(async () => (await ready()) === 200)).toBe(true);
    } finally {
      await lone.stop();
      await proxy.close();
      await own.drop();
    }
  }, 60_000);
});
