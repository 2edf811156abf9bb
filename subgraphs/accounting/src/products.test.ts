import { randomUUID } from 'node:crypto';
import { codesOf, type Answer } from '@cafe-for-me/lib/testing/as-router';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import type { AnyEnvelope } from '@cafe-for-me/schema/events';
import {
  startBroker,
  startDatabase,
  startHeadquarters,
  startService,
  type Broker,
  type Service,
} from './testing/accounting.ts';
import { acceptedOrder, orderCanceledByCafe } from './testing/events.ts';
import { accountant, ask as askService } from './testing/graph.ts';

let broker: Broker;
let headquarters: Awaited<ReturnType<typeof startHeadquarters>>;
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  [broker, headquarters, database] = await Promise.all([startBroker(), startHeadquarters(), startDatabase()]);
  service = await startService({ database, natsUrl: broker.nats.url, headquartersUrl: headquarters.url });
});

afterAll(async () => {
  await service.stop();
  await database.drop();
  await headquarters.stop();
  await broker.stop();
});

/** Publishes, then waits until a sale behind all of it has been booked. */
async function publishAndWait(...events: readonly AnyEnvelope[]): Promise<void> {
  const orderId = randomUUID();
  await broker.publish(...events, ...acceptedOrder({ orderId, cafeId: 'sentinel' }));
  await until(
    async () => (await database.query('SELECT 1 FROM ledger_entry WHERE order_id = $1', [orderId])).length === 1,
  );
}

/** As the accountant of each test's own café. */
const ask = (cafeId: string, query: string, variables: object = {}): Promise<Answer> =>
  askService(service.url, { ...accountant, cafes: [cafeId] }, query, { cafeId, ...variables });

const price = { IceAmericano: 2000, Latte: 4500, Scone: 3000 };
const line = (product: keyof typeof price, qty: number) => ({ product, qty, unitPrice: price[product] });

describe('the sales of products', () => {
  const query = `query ($cafeId: ID!, $from: BusinessDate!, $to: BusinessDate!, $first: Int) {
    productSales(cafeId: $cafeId, from: $from, to: $to, first: $first) { product salesQty salesSum asOf } }`;
  const may = { from: '20200501', to: '20200531' };

  async function ranking(cafeId: string, variables: object = may): Promise<unknown[]> {
    const { data, errors } = await ask(cafeId, query, variables);
    expect(errors).toBeUndefined();
    return data.productSales.map(({ product, salesQty, salesSum }: Record<string, unknown>) => [
      product,
      salesQty,
      salesSum,
    ]);
  }

  it('are price times quantity over all orders of the days, most won first', async () => {
    await publishAndWait(
      ...acceptedOrder({ orderId: 'r-1', cafeId: 'ranked', lines: [line('IceAmericano', 3), line('Latte', 1)] }),
      ...acceptedOrder({
        orderId: 'r-2',
        cafeId: 'ranked',
        at: '2020-05-20T03:00:00.000Z',
        lines: [line('Latte', 2), line('Scone', 1), line('Latte', 1)],
      }),
    );
    expect(await ranking('ranked')).toEqual([
      ['Latte', 4, 18_000],
      ['IceAmericano', 3, 6000],
      ['Scone', 1, 3000],
    ]);
    expect(await ranking('ranked', { ...may, first: 1 })).toEqual([['Latte', 4, 18_000]]);
    expect(await ranking('ranked', { from: '20200520', to: '20200520' })).toEqual([
      ['Latte', 3, 13_500],
      ['Scone', 1, 3000],
    ]);
    const { data } = await ask('ranked', query, may);
    expect(data.productSales.map(({ asOf }: { asOf: string }) => asOf)).toEqual([
      '2020-05-20T03:00:00.000Z',
      '2020-05-14T03:00:00.000Z',
      '2020-05-20T03:00:00.000Z',
    ]);
  });

  it('count an event once however often it is delivered', async () => {
    const order = { orderId: 't-1', cafeId: 'twice', lines: [line('Latte', 2)] };
    const [created, received] = acceptedOrder(order);
    const canceled = orderCanceledByCafe({ ...order, at: '2020-05-16T03:00:00.000Z' });
    await publishAndWait(created, canceled, received, received, created, received, canceled);
    expect(await ranking('twice')).toEqual([['Latte', 0, 0]]);
    expect(await ranking('twice', { from: '20200514', to: '20200514' })).toEqual([['Latte', 2, 9000]]);
  });

  it('fall on the day of a correction, and stay what they were on the day of the sale', async () => {
    const order = { orderId: 'c-1', cafeId: 'corrected', lines: [line('Latte', 1), line('Scone', 2)] };
    await publishAndWait(
      ...acceptedOrder(order),
      orderCanceledByCafe({ ...order, at: '2020-05-16T03:00:00.000Z' }),
      ...acceptedOrder({
        orderId: 'c-2',
        cafeId: 'corrected',
        at: '2020-05-16T03:00:00.000Z',
        lines: [line('Latte', 1)],
      }),
    );
    expect(await ranking('corrected', { from: '20200514', to: '20200514' })).toEqual([
      ['Scone', 2, 6000],
      ['Latte', 1, 4500],
    ]);
    expect(await ranking('corrected', { from: '20200516', to: '20200516' })).toEqual([
      ['Latte', 0, 0],
      ['Scone', -2, -6000],
    ]);
  });

  it('name no product for what was booked before products were kept, and take that back as it was booked', async () => {
    const order = { orderId: 'o-1', cafeId: 'older', lines: [line('Latte', 2)] };
    await publishAndWait(
      ...acceptedOrder(order),
      ...acceptedOrder({ orderId: 'o-2', cafeId: 'older', lines: [line('Scone', 1)] }),
    );
    await database.query(`DELETE FROM ledger_line USING ledger_entry AS e
      WHERE e.event_id = ledger_line.event_id AND e.order_id = 'o-1'`);
    expect(await ranking('older')).toEqual([
      [null, 2, 9000],
      ['Scone', 1, 3000],
    ]);
    await publishAndWait(orderCanceledByCafe({ ...order, at: '2020-05-16T03:00:00.000Z' }));
    expect(await ranking('older', { from: '20200516', to: '20200516' })).toEqual([[null, -2, -9000]]);
  });

  it('are exact above 2^31 won, and are the sums of the days', async () => {
    const orders = [1, 2, 3].flatMap((n) =>
      acceptedOrder({ orderId: `b-${n}`, cafeId: 'big', qty: 99, unitPrice: 2_147_483_647 }),
    );
    await publishAndWait(...orders);
    expect(await ranking('big')).toEqual([['IceAmericano', 297, 2_147_483_647 * 297]]);
  });

  it('are nothing where nothing was sold', async () => {
    expect(await ranking('nobody')).toEqual([]);
  });

  it.each([
    ['more than 400 days', { from: '20200101', to: '20210204' }],
    ['a range that ends before it begins', { from: '20200102', to: '20200101' }],
    ['a day that does not exist', { from: '20200101', to: '20200132' }],
    ['a list of none', { ...may, first: 0 }],
    ['a list of too many', { ...may, first: 101 }],
  ])('are not given for %s', async (_, variables) => {
    expect(codesOf(await ask('ranked', query, variables))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('the corrections of a café', () => {
  const query = `query ($cafeId: ID!, $from: BusinessDate, $to: BusinessDate, $first: Int, $after: String) {
    corrections(cafeId: $cafeId, from: $from, to: $to, first: $first, after: $after) {
      edges { node { orderId order { id } businessDate soldOn amount qty reason at } } pageInfo { hasNextPage endCursor } } }`;
  const cafeId = 'undone';
  const orderIdsOf = (answer: Answer): string[] =>
    answer.data.corrections.edges.map(({ node }: { node: { orderId: string } }) => node.orderId);

  beforeAll(async () => {
    const days = ['2020-05-15', '2020-05-16', '2020-05-16', '2020-05-16', '2020-05-18'];
    const orders = days.map((_, n) => ({ orderId: `u-${n}`, cafeId, qty: n + 1 }));
    await publishAndWait(
      ...orders.flatMap((order) => acceptedOrder(order)),
      ...orders.map((order, n) => orderCanceledByCafe({ ...order, at: `${days[n]}T03:00:00.000Z` })),
    );
  });

  it('say what was taken back, of which day, and why', async () => {
    const { data } = await ask(cafeId, query, { first: 1 });
    expect(data.corrections.edges).toEqual([
      {
        node: {
          orderId: 'u-4',
          order: { id: 'u-4' },
          businessDate: '20200518',
          soldOn: '20200514',
          amount: 10_000,
          qty: 5,
          reason: 'no ice',
          at: '2020-05-18T03:00:00.000Z',
        },
      },
    ]);
  });

  it('come newest first, page by page, each once, also where several happened in one instant', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const answer: Answer = await ask(cafeId, query, { first: 2, after });
      const page = orderIdsOf(answer);
      expect(page.length).toBeGreaterThan(0);
      seen.push(...page);
      const { hasNextPage, endCursor } = answer.data.corrections.pageInfo;
      after = hasNextPage ? endCursor : null;
    } while (after !== null);
    expect([seen[0], seen.at(-1)]).toEqual(['u-4', 'u-0']);
    expect(seen.toSorted()).toEqual(['u-0', 'u-1', 'u-2', 'u-3', 'u-4']);
  });

  it('can be bounded by the day they are booked on', async () => {
    expect(orderIdsOf(await ask(cafeId, query, { from: '20200518' }))).toEqual(['u-4']);
    expect(orderIdsOf(await ask(cafeId, query, { to: '20200515' }))).toEqual(['u-0']);
    expect(orderIdsOf(await ask(cafeId, query, { from: '20200516', to: '20200517' }))).toHaveLength(3);
    expect(orderIdsOf(await ask('untouched', query))).toEqual([]);
  });

  it.each([
    ['a page of none', { first: 0 }],
    ['a page of too many', { first: 101 }],
    ['a cursor that is made up', { after: 'bm90aGluZw' }],
    ['a cursor of no instant', { after: Buffer.from('{"at":"now","eventId":"x"}').toString('base64url') }],
    ['a date that does not exist', { from: '20200230' }],
    ['a range that ends before it begins', { from: '20200515', to: '20200514' }],
  ])('are not given for %s', async (_, variables) => {
    expect(codesOf(await ask(cafeId, query, variables))).toEqual(['BAD_USER_INPUT']);
  });
});
