import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { connectAsRouter } from '@cafe-for-me/lib/testing/router-socket';
import { until } from '@cafe-for-me/lib/testing/until';
import type { AnyEnvelope } from '@cafe-for-me/schema/events';
import type { Client } from 'graphql-ws';
import {
  routerKey,
  startBroker,
  startDatabase,
  startHeadquarters,
  startService,
  type Broker,
  type Service,
} from './testing/accounting.ts';
import { acceptedOrder, cafeSaved, orderCanceledByCafe, paymentCompleted } from './testing/events.ts';
import { codesOf, take, type Answer, type Identity } from '@cafe-for-me/lib/testing/as-router';
import {
  accountant,
  accountantElsewhere,
  ask as askService,
  connectLive,
  customer,
  otherCustomer,
  staff,
  staffElsewhere,
  watch,
} from './testing/graph.ts';

let broker: Broker;
let headquarters: Awaited<ReturnType<typeof startHeadquarters>>;
let database: TestDatabase;
let service: Service;
let live: Client;

/** Noon of 16 May 2020 in Seoul. */
const now = new Date('2020-05-16T03:00:00.000Z');

beforeAll(async () => {
  [broker, headquarters, database] = await Promise.all([startBroker(), startHeadquarters(), startDatabase()]);
  service = await startService({
    database,
    natsUrl: broker.nats.url,
    headquartersUrl: headquarters.url,
    parts: { now: () => now },
  });
  live = await connectLive(service.url);
  const order = { orderId: 'graph-1', qty: 3 };
  await broker.publish(
    paymentCompleted(order),
    paymentCompleted({ orderId: 'graph-2', at: '2020-06-01T03:00:00.000Z' }),
    paymentCompleted({ orderId: 'graph-3', unitPrice: 7000, at: '2020-06-02T03:00:00.000Z' }),
  );
  await publishAndWait(
    cafeSaved('92'),
    ...acceptedOrder(order),
    orderCanceledByCafe({ ...order, at: '2020-05-15T03:00:00.000Z' }),
    ...acceptedOrder({ orderId: 'graph-2', unitPrice: 3_000_000_000, at: '2020-06-01T03:00:00.000Z' }),
    ...acceptedOrder({ orderId: 'graph-other', cafeId: '93' }),
  );
  await until(async () => (await database.query('SELECT 1 FROM ordered_day')).length === 3);
  await settled();
});

afterAll(async () => {
  await live.dispose();
  await service.stop();
  await database.drop();
  await headquarters.stop();
  await broker.stop();
});

async function publishAndWait(...events: readonly AnyEnvelope[]): Promise<void> {
  const orderId = randomUUID();
  await broker.publish(...events, ...acceptedOrder({ orderId, cafeId: 'sentinel' }));
  await until(
    async () => (await database.query('SELECT 1 FROM ledger_entry WHERE order_id = $1', [orderId])).length === 1,
  );
}

/** Once headquarters has answered everything. */
async function settled(): Promise<void> {
  await until(
    async () => (await database.query(`SELECT 1 FROM headquarters_transfer WHERE status = 'PENDING'`)).length === 0,
  );
}

const ask = (identity: Identity, query: string, variables: object = {}): Promise<Answer> =>
  askService(service.url, identity, query, variables);

describe('a day of accounting', () => {
  const query = `query ($day: BusinessDate!) { accounting(cafeId: "92", businessDate: $day) {
    cafe { id } businessDate salesSum salesQty orderCount revision updatedAt transfer { id status revision salesSum attempts cafe { id } } } }`;

  it('shows its sums and its newest transfer', async () => {
    const { data, errors } = await ask(accountant, query, { day: '20200601' });
    expect(errors).toBeUndefined();
    expect(data.accounting).toEqual({
      cafe: { id: '92' },
      businessDate: '20200601',
      salesSum: 3_000_000_000,
      salesQty: 1,
      orderCount: 1,
      revision: 1,
      updatedAt: now.toISOString(),
      transfer: {
        id: '92:20200601:1',
        status: 'ACKNOWLEDGED',
        revision: 1,
        salesSum: 3_000_000_000,
        attempts: 1,
        cafe: { id: '92' },
      },
    });
  });

  it('is below zero when only a correction fell on it, and the day of the sale is as it was', async () => {
    expect((await ask(accountant, query, { day: '20200515' })).data.accounting).toMatchObject({
      salesSum: -6000,
      salesQty: -3,
      orderCount: -1,
    });
    expect((await ask(accountant, query, { day: '20200514' })).data.accounting).toMatchObject({
      salesSum: 6000,
      salesQty: 3,
      revision: 1,
    });
  });

  it('is null when nothing was sold on it', async () => {
    expect(await ask(accountant, query, { day: '20200101' })).toEqual({ data: { accounting: null } });
  });

  it.each(['20210229', '2020-05-14', 'today', ''])('is not asked for by %j', async (day) => {
    expect(codesOf(await ask(accountant, query, { day }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await ask(accountant, `{ accounting(cafeId: "92", businessDate: "${day}") { revision } }`))).toEqual(
      ['BAD_USER_INPUT'],
    );
  });

  it('is reached from its café', async () => {
    const entities = `query ($day: BusinessDate!) { _entities(representations: [{ __typename: "Cafe", id: "92" }]) {
      ... on Cafe { id accounting(businessDate: $day) { salesSum } } } }`;
    const { data } = await ask(accountant, entities, { day: '20200601' });
    expect(data._entities).toEqual([{ id: '92', accounting: { salesSum: 3_000_000_000 } }]);
    const elsewhere = await ask(accountantElsewhere, entities, { day: '20200601' });
    expect(elsewhere.data._entities).toEqual([{ id: '92', accounting: null }]);
    expect(codesOf(elsewhere)).toEqual(['FORBIDDEN']);
    expect(codesOf(await ask(staff, entities, { day: '20200601' }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await ask(null, entities, { day: '20200601' }))).toEqual(['UNAUTHENTICATED']);
  });
});

describe('the days of a café', () => {
  const query = `query ($first: Int, $after: String, $from: BusinessDate, $to: BusinessDate) {
    accountings(cafeId: "92", first: $first, after: $after, from: $from, to: $to) {
      edges { cursor node { businessDate } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
  const datesOf = (answer: Answer): string[] =>
    answer.data.accountings.edges.map(({ node }: { node: { businessDate: string } }) => node.businessDate);

  it('come newest first, page by page', async () => {
    const first = await ask(accountant, query, { first: 2 });
    expect(datesOf(first)).toEqual(['20200601', '20200515']);
    const { pageInfo } = first.data.accountings;
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await ask(accountant, query, { first: 2, after: pageInfo.endCursor });
    expect(datesOf(second)).toEqual(['20200514']);
    expect(second.data.accountings.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('can be bounded at both ends', async () => {
    expect(datesOf(await ask(accountant, query, { from: '20200515' }))).toEqual(['20200601', '20200515']);
    expect(datesOf(await ask(accountant, query, { to: '20200515' }))).toEqual(['20200515', '20200514']);
    expect(datesOf(await ask(accountant, query, { from: '20200515', to: '20200515' }))).toEqual(['20200515']);
  });

  it.each([
    ['a page of none', { first: 0 }],
    ['a page of too many', { first: 101 }],
    ['a cursor that is made up', { after: 'bm90aGluZw' }],
    ['a range that ends before it begins', { from: '20200515', to: '20200514' }],
    ['a date that does not exist', { from: '20200230' }],
  ])('are not given for %s', async (_, variables) => {
    expect(codesOf(await ask(accountant, query, variables))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('the statistics', () => {
  const query = `query ($from: BusinessDate!, $to: BusinessDate!, $groupBy: StatisticsPeriod!) {
    accountingStatistics(cafeId: "92", from: $from, to: $to, groupBy: $groupBy) {
      period orderedSum salesSum canceledSum salesQty orderCount asOf } }`;

  it('are given by day, for days with data, oldest first', async () => {
    const { data } = await ask(accountant, query, { from: '20200101', to: '20201231', groupBy: 'DAY' });
    expect(data.accountingStatistics).toEqual([
      {
        period: '20200514',
        orderedSum: 6000,
        salesSum: 6000,
        canceledSum: 0,
        salesQty: 3,
        orderCount: 1,
        asOf: '2020-05-14T03:00:00.000Z',
      },
      {
        period: '20200515',
        orderedSum: 0,
        salesSum: -6000,
        canceledSum: 6000,
        salesQty: -3,
        orderCount: -1,
        asOf: '2020-05-15T03:00:00.000Z',
      },
      {
        period: '20200601',
        orderedSum: 2000,
        salesSum: 3_000_000_000,
        canceledSum: 0,
        salesQty: 1,
        orderCount: 1,
        asOf: '2020-06-01T03:00:00.000Z',
      },
      {
        period: '20200602',
        orderedSum: 7000,
        salesSum: 0,
        canceledSum: 0,
        salesQty: 0,
        orderCount: 0,
        asOf: '2020-06-02T03:00:00.000Z',
      },
    ]);
  });

  it('are given by month', async () => {
    const { data } = await ask(accountant, query, { from: '20200101', to: '20201231', groupBy: 'MONTH' });
    expect(data.accountingStatistics).toEqual([
      {
        period: '202005',
        orderedSum: 6000,
        salesSum: 0,
        canceledSum: 6000,
        salesQty: 0,
        orderCount: 0,
        asOf: '2020-05-15T03:00:00.000Z',
      },
      {
        period: '202006',
        orderedSum: 9000,
        salesSum: 3_000_000_000,
        canceledSum: 0,
        salesQty: 1,
        orderCount: 1,
        asOf: '2020-06-02T03:00:00.000Z',
      },
    ]);
  });

  it('are given for 400 days at most, first to last', async () => {
    const spans = (from: string, to: string) => ask(accountant, query, { from, to, groupBy: 'MONTH' });
    expect(codesOf(await spans('20200101', '20210203'))).toEqual([]);
    expect(codesOf(await spans('20200101', '20210204'))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await spans('20200102', '20200101'))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await spans('20200132', '20200201'))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('the transfers of a café', () => {
  const query = `query ($first: Int, $after: String, $status: [TransferStatus!]) {
    headquartersTransfers(cafeId: "92", first: $first, after: $after, status: $status) {
      edges { node { id status } } pageInfo { hasNextPage endCursor } } }`;
  const idsOf = (answer: Answer): string[] =>
    answer.data.headquartersTransfers.edges.map(({ node }: { node: { id: string } }) => node.id);

  it('come newest first, page by page, and by status', async () => {
    const first = await ask(accountant, query, { first: 2 });
    expect(idsOf(first)).toEqual(['92:20200601:1', '92:20200515:1']);
    const after = first.data.headquartersTransfers.pageInfo.endCursor;
    expect(idsOf(await ask(accountant, query, { first: 2, after }))).toEqual(['92:20200514:1']);
    expect(idsOf(await ask(accountant, query, { status: ['REJECTED', 'PENDING'] }))).toEqual([]);
    expect(idsOf(await ask(accountant, query, { status: ['ACKNOWLEDGED'] }))).toHaveLength(3);
  });
});

describe('the sale of an order', () => {
  const query = `query ($ids: [_Any!]!) { _entities(representations: $ids) {
    ... on Order { id sale { amount qty businessDate canceled order { id } } } } }`;
  const orders = (...ids: string[]) => ({ ids: ids.map((id) => ({ __typename: 'Order', id })) });

  it.each([
    ['its customer', customer],
    ["the café's staff", staff],
    ["the café's accountant", accountant],
  ])('is shown to %s', async (_, identity) => {
    const { data, errors } = await ask(identity, query, orders('graph-2', 'graph-1', 'nobody', 'graph-3', 'nul\0'));
    expect(errors).toBeUndefined();
    expect(data._entities.map(({ sale }: { sale: unknown }) => sale)).toEqual([
      { amount: 3_000_000_000, qty: 1, businessDate: '20200601', canceled: false, order: { id: 'graph-2' } },
      { amount: 0, qty: 3, businessDate: '20200514', canceled: true, order: { id: 'graph-1' } },
      null,
      null,
      null,
    ]);
  });

  it.each([
    ['another customer', otherCustomer],
    ['staff of another café', staffElsewhere],
    ['an accountant of another café', accountantElsewhere],
    ['nobody', null],
  ])('is not there for %s', async (_, identity) => {
    const answer = await ask(identity, query, orders('graph-2'));
    expect(answer).toEqual({ data: { _entities: [{ id: 'graph-2', sale: null }] } });
  });
});

describe('sending a transfer again', () => {
  const mutation = `mutation ($key: ID!, $id: ID!) { resendHeadquartersTransfer(input: { idempotencyKey: $key, transferId: $id }) {
    transfer { id status attempts } userErrors { __typename code path ... on TransferNotResendableError { status } } } }`;
  const resend = async (id: string, key: string = randomUUID(), identity: Identity = accountant) =>
    ask(identity, mutation, { id, key });
  const payloadOf = (answer: Answer) => answer.data.resendHeadquartersTransfer;

  it('brings a rejected one to headquarters, which now says yes', async () => {
    await headquarters.knobs({ mode: 'reject' });
    await publishAndWait(...acceptedOrder({ orderId: 'again-1', at: '2020-07-01T03:00:00.000Z' }));
    await settled();
    await headquarters.knobs({ mode: 'ok' });
    expect(payloadOf(await resend('92:20200701:1'))).toMatchObject({
      transfer: { id: '92:20200701:1', status: 'PENDING' },
      userErrors: [],
    });
    await settled();
    const { data } = await ask(
      accountant,
      '{ accounting(cafeId: "92", businessDate: "20200701") { transfer { status attempts lastError } } }',
    );
    expect(data.accounting.transfer).toEqual({ status: 'ACKNOWLEDGED', attempts: 2, lastError: null });
  });

  it('repeated under the same key sends nothing more, and with another transfer is refused', async () => {
    const key = randomUUID();
    const answers = await Promise.all([
      resend('92:20200601:1', key),
      resend('92:20200601:1', key),
      resend('92:20200601:1', key),
    ]);
    for (const answer of answers) {
      expect(payloadOf(answer)).toMatchObject({ transfer: { id: '92:20200601:1' }, userErrors: [] });
    }
    await settled();
    const replayed = payloadOf(await resend('92:20200601:1', key));
    expect(replayed).toEqual({
      transfer: { id: '92:20200601:1', status: 'ACKNOWLEDGED', attempts: 2 },
      userErrors: [],
    });
    expect(payloadOf(await resend('92:20200515:1', key)).userErrors).toMatchObject([
      { __typename: 'IdempotencyKeyReusedError', code: 'IDEMPOTENCY_KEY_REUSED', path: ['input', 'idempotencyKey'] },
    ]);
    const others = { ...accountant, sub: 'erin' };
    expect(payloadOf(await resend('92:20200515:1', key, others)).userErrors).toEqual([]);
    await settled();
  });

  it('is refused for an older revision and for one on its way, and the refusal is not remembered', async () => {
    const sell = (orderId: string) => publishAndWait(...acceptedOrder({ orderId, at: '2020-07-02T03:00:00.000Z' }));
    await sell('again-2');
    await settled();
    await headquarters.knobs({ mode: 'hang' });
    await sell('again-3');
    const older = payloadOf(await resend('92:20200702:1'));
    expect(older.userErrors).toEqual([
      {
        __typename: 'TransferNotResendableError',
        code: 'TRANSFER_NOT_RESENDABLE',
        path: ['input', 'transferId'],
        status: 'ACKNOWLEDGED',
      },
    ]);
    const key = randomUUID();
    expect(payloadOf(await resend('92:20200702:2', key)).userErrors).toMatchObject([{ status: 'PENDING' }]);
    await headquarters.knobs({ mode: 'ok' });
    await settled();
    expect(payloadOf(await resend('92:20200702:2', key)).userErrors).toEqual([]);
    await settled();
  });

  it.each(['no such thing', '92:20200514:9', '94:20200514:1', '92:20200514:1\0'])(
    'finds nothing called %j',
    async (id) => {
      expect(payloadOf(await resend(id))).toMatchObject({
        transfer: null,
        userErrors: [{ __typename: 'TransferNotFoundError', code: 'TRANSFER_NOT_FOUND' }],
      });
    },
  );

  it.each([
    ['an empty key', ''],
    ['a key that is too long', '🧋'.repeat(201)],
    ['a key that cannot be stored', 'a\0b'],
    ['half a character as its key', '\uD83E'],
  ])('with %s is refused', async (_, key) => {
    expect(payloadOf(await resend('92:20200514:1', key))).toEqual({
      transfer: null,
      userErrors: [{ __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'idempotencyKey'] }],
    });
  });

  it('takes a key of 200 characters, however many bytes each has', async () => {
    expect(payloadOf(await resend('no such thing', '🧋'.repeat(200))).userErrors).toMatchObject([
      { __typename: 'TransferNotFoundError' },
    ]);
  });
});

describe('the live sums', () => {
  const query = `subscription { accountingChanged(cafeId: "92") {
    businessDate revision salesSum salesQty orderCount cafe { id } transfer { revision } } }`;
  const changesOf = (answers: readonly Answer[]) =>
    answers.map(({ data }) => {
      const { businessDate, revision, salesSum } = data.accountingChanged;
      return [businessDate, revision, salesSum];
    });

  it('begin with the present day, at zero, and go on with each change of any day, once and in order', async () => {
    const answers = await watch(live, accountant, query);
    const [present] = await take(answers, 1);
    expect(present?.data.accountingChanged).toEqual({
      businessDate: '20200516',
      revision: 0,
      salesSum: 0,
      salesQty: 0,
      orderCount: 0,
      cafe: { id: '92' },
      transfer: null,
    });
    const today = { orderId: 'live-1', at: '2020-05-16T02:00:00.000Z' };
    const redelivered = acceptedOrder({ orderId: 'live-2', at: '2020-05-16T02:01:00.000Z' });
    await broker.publish(
      ...acceptedOrder(today),
      ...redelivered,
      ...redelivered,
      orderCanceledByCafe(today),
      ...acceptedOrder({ orderId: 'live-3', at: '2020-05-14T05:00:00.000Z' }),
      ...acceptedOrder({ orderId: 'live-4', cafeId: '93' }),
      ...acceptedOrder({ orderId: 'live-5', unitPrice: 3_000_000_000, at: '2020-05-16T02:02:00.000Z' }),
    );
    const changes = changesOf(await take(answers, 5));
    // Each day's in order; of two days nobody promises which comes first.
    expect(changes.filter(([day]) => day === '20200516')).toEqual([
      ['20200516', 1, 2000],
      ['20200516', 2, 4000],
      ['20200516', 3, 2000],
      ['20200516', 4, 3_000_002_000],
    ]);
    expect(changes.filter(([day]) => day === '20200514')).toEqual([['20200514', 2, 8000]]);
    await answers.return?.();
  });

  it('go on where they were, on another replica too, with nothing of another café', async () => {
    const router = await connectAsRouter(service.url, routerKey);
    const before = router.subscribe(query, {}, { claims: accountant });
    const { position: resumeFrom } = (await before.nextOf('next')).payload.extensions!;
    await router.close();
    const day = '2020-05-13T05:00:00.000Z';
    await publishAndWait(
      ...acceptedOrder({ orderId: 'back-1', at: day }),
      ...acceptedOrder({ orderId: 'back-2', cafeId: '93', at: day }),
      ...acceptedOrder({ orderId: 'back-3', at: day }),
    );
    const replica = await startService({ database, natsUrl: broker.nats.url, headquartersUrl: headquarters.url });
    const there = await connectAsRouter(replica.url, routerKey);
    try {
      const again = there.subscribe(query, {}, { claims: accountant, resumeFrom });
      const messages = [await again.nextOf('next'), await again.nextOf('next')];
      expect(changesOf(messages.map(({ payload }) => payload as Answer))).toEqual([
        ['20200513', 1, 2000],
        ['20200513', 2, 4000],
      ]);
      expect(messages.map(({ payload }) => payload.extensions?.resumed)).toEqual(['exact', undefined]);
    } finally {
      await there.close();
      await replica.stop();
    }
  });

  it('begin at the revision that is, for whoever comes later', async () => {
    const answers = await watch(live, accountant, query);
    expect(changesOf(await take(answers, 1))).toEqual([['20200516', 4, 3_000_002_000]]);
    await answers.return?.();
  });

  it('begin at zero for a café that never told its clock', async () => {
    const answers = await watch(live, { ...accountant, cafes: ['unheard'] }, query.replace('92', 'unheard'));
    expect(changesOf(await take(answers, 1))).toEqual([['20200516', 0, 0]]);
    await answers.return?.();
  });
});

describe('who may ask', () => {
  const roots = {
    accounting: '{ accounting(cafeId: "92", businessDate: "20200514") { revision } }',
    accountings: '{ accountings(cafeId: "92") { edges { cursor } } }',
    accountingStatistics: '{ accountingStatistics(cafeId: "92", from: "20200514", to: "20200514") { period } }',
    productSales: '{ productSales(cafeId: "92", from: "20200514", to: "20200514") { product } }',
    corrections: '{ corrections(cafeId: "92") { edges { cursor } } }',
    headquartersTransfers: '{ headquartersTransfers(cafeId: "92") { edges { cursor } } }',
    resendHeadquartersTransfer:
      'mutation { resendHeadquartersTransfer(input: { idempotencyKey: "k", transferId: "92:20200514:1" }) { userErrors { code } } }',
    accountingChanged: 'subscription { accountingChanged(cafeId: "92") { revision } }',
  };
  const callers: [string, Identity, string][] = [
    ['nobody', null, 'UNAUTHENTICATED'],
    ['a token with an unknown role', { sub: 'zoe', role: 'king', cafes: ['92'] }, 'UNAUTHENTICATED'],
    ['a customer', customer, 'FORBIDDEN'],
    ["the café's staff", staff, 'FORBIDDEN'],
    ['an accountant of another café', accountantElsewhere, 'FORBIDDEN'],
  ];
  const cases = Object.entries(roots).flatMap(([field, query]) =>
    callers.map(([who, identity, code]) => [field, who, code, query, identity] as const),
  );

  it.each(cases)('%s is not for %s: %s', async (field, _, code, query, identity) => {
    if (field !== 'accountingChanged') {
      expect(codesOf(await ask(identity, query))).toEqual([code]);
      return;
    }
    const answers = await watch(live, identity, query);
    const refusal = await answers.next().then(
      ({ value }: { value: Answer }) => value.errors,
      (errors: Answer['errors']) => errors,
    );
    expect(refusal).toMatchObject([{ extensions: { code } }]);
  });

  it('nobody but the router', async () => {
    const response = await fetch(service.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: roots.accounting }),
    });
    expect(response.status).toBe(401);
  });
});
