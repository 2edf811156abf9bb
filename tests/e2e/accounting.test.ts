import { randomUUID } from 'node:crypto';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import type { Graph } from '../harness/graph.ts';
import { acceptedDelivery, canceledByCafe, publish } from '../harness/hand-made-events.ts';

interface Day {
  readonly businessDate: string;
  readonly salesSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
  readonly revision: number;
  readonly transfer: {
    readonly id: string;
    readonly status: string;
    readonly revision: number;
    readonly attempts: number;
  } | null;
}

const DAY = `query Day($cafeId: ID!, $day: BusinessDate!) { accounting(cafeId: $cafeId, businessDate: $day) {
  businessDate salesSum salesQty orderCount revision transfer { id status revision attempts } } }`;
const DAYS = `query Days($cafeId: ID!) { accountings(cafeId: $cafeId, first: 100) { edges { node {
  businessDate salesSum salesQty orderCount revision } } } }`;

async function day(accountant: Graph, businessDate: string, cafeId = '92'): Promise<Day | null> {
  return (await accountant.data<{ accounting: Day | null }>(DAY, { cafeId, day: businessDate })).accounting;
}

async function acceptOrder(cafe: Cafe): Promise<string> {
  const alice = await cafe.customer();
  const staff = await cafe.staff();
  const order = await alice.paidOrder();
  await eventually(
    () => staff.act('acceptOrder', order.id),
    ({ userErrors }) => userErrors.length === 0,
  );
  return order.id;
}

const today = async (accountant: Graph): Promise<Day> => {
  const live = accountant.watch<{ accountingChanged: Day }>(
    'subscription { accountingChanged(cafeId: "92") { businessDate salesSum salesQty orderCount revision } }',
  );
  const { accountingChanged } = await live.until(() => true);
  live.stop();
  return accountingChanged;
};

describe('accounting', () => {
  let cafe: Cafe;
  let accountant: Graph;
  beforeAll(async () => {
    cafe = await openCafe({ env: { accounting: { HEADQUARTERS_TIMEOUT_MS: '700' } } });
    accountant = await cafe.accountant();
  }, 90_000);
  afterAll(() => cafe.close());
  afterEach(() => cafe.turn('headquarters', { mode: 'ok' }));

  it('sums what the café accepted, and nothing else, live; headquarters gets the same', async () => {
    const before = await today(accountant);
    const live = accountant.watch<{ accountingChanged: Day }>(
      'subscription { accountingChanged(cafeId: "92") { businessDate salesSum salesQty orderCount revision } }',
    );
    await live.until(() => true);
    const alice = await cafe.customer();
    const staff = await cafe.staff();
    await acceptOrder(cafe);
    const rejected = await alice.paidOrder();
    await eventually(
      () => staff.act('rejectOrder', rejected.id, { reason: 'TOO_BUSY' }),
      ({ userErrors }) => userErrors.length === 0,
    );
    const two = await alice.paidOrder({ lines: [{ product: 'IceAmericano', qty: 3 }] });
    await eventually(
      () => staff.act('acceptOrder', two.id),
      ({ userErrors }) => userErrors.length === 0,
    );
    const { accountingChanged: after } = await live.until(
      ({ accountingChanged: sums }) => sums.orderCount === before.orderCount + 2,
    );
    expect(after.salesSum - before.salesSum).toBe(8000);
    expect(after.salesQty - before.salesQty).toBe(4);
    expect(live.events.map(({ accountingChanged: sums }) => sums.revision)).toEqual(
      live.events.map((_, index) => before.revision + index),
    );
    // What was ordered comes by other events than what was sold.
    const statistics = await eventually(
      () =>
        accountant.data<{ accountingStatistics: { salesSum: number; orderedSum: number }[] }>(
          'query($day: BusinessDate!) { accountingStatistics(cafeId: "92", from: $day, to: $day) { period salesSum orderedSum } }',
          { day: after.businessDate },
        ),
      ({ accountingStatistics: [found] }) => (found?.orderedSum ?? 0) >= after.salesSum + 2000,
    );
    expect(statistics.accountingStatistics[0]?.salesSum).toBe(after.salesSum);
    const book = await eventually(
      () => cafe.headquartersBook('92', after.businessDate),
      ({ current }) => current[0]?.revision === after.revision,
    );
    expect(book.current[0]).toMatchObject({
      salesSum: after.salesSum,
      salesQty: after.salesQty,
      orderCount: after.orderCount,
    });
    const revisions = book.transfers.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  });

  it('counts an event that comes twice once, and applies events that come out of order in order', async () => {
    const orderId = randomUUID();
    const at = '2021-03-03T03:00:00.000Z';
    const [made, received] = acceptedDelivery(orderId, at, 3000);
    if (made === undefined || received === undefined) throw new Error('two events were expected');
    const canceled = canceledByCafe(orderId, '2021-03-03T04:00:00.000Z', 3, 3000);
    await publish(cafe.system.urls.nats, [canceled, received, made, received, canceled], false);
    const sums = await eventually(
      () => day(accountant, '20210303'),
      (found) => found?.revision === 2,
    );
    expect(sums).toMatchObject({ salesSum: 0, salesQty: 0, orderCount: 0 });
    const another = acceptedDelivery(randomUUID(), at, 500);
    await publish(cafe.system.urls.nats, another);
    const last = await eventually(
      () => day(accountant, '20210303'),
      (found) => found?.revision === 3,
    );
    expect(last).toMatchObject({ salesSum: 500, salesQty: 1, orderCount: 1 });
  });

  it('cuts the business day by the café: 00:30 with cut-off 04:00 is yesterday, and 31 December stays in its year', async () => {
    await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-05-13T15:30:00.000Z'));
    await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-12-31T03:00:00.000Z'));
    await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-12-31T15:30:00.000Z'));
    await eventually(
      () => day(accountant, '20210513'),
      (found) => found?.salesSum === 2000,
    );
    expect(await day(accountant, '20210514')).toBeNull();
    await eventually(
      () => day(accountant, '20211231'),
      (found) => found?.salesSum === 4000,
    );
    expect(await day(accountant, '20221231')).toBeNull();
    expect(await day(accountant, '20220101')).toBeNull();
  });

  it('books a correction two days later on that day, leaves the old day alone, and tells headquarters', async () => {
    const orderId = randomUUID();
    await publish(cafe.system.urls.nats, acceptedDelivery(orderId, '2021-06-01T03:00:00.000Z'));
    await publish(cafe.system.urls.nats, [canceledByCafe(orderId, '2021-06-03T03:00:00.000Z')]);
    await eventually(
      () => day(accountant, '20210603'),
      (found) => found?.salesSum === -2000,
    );
    expect(await day(accountant, '20210601')).toMatchObject({
      salesSum: 2000,
      salesQty: 1,
      orderCount: 1,
      revision: 1,
    });
    await eventually(
      () => cafe.headquartersBook('92', '20210603'),
      ({ current }) => current[0]?.salesSum === -2000,
    );
  });

  it('ranks products, and lists what the café took back with its reason, for its accountant alone', async () => {
    const [kept, undone] = [randomUUID(), randomUUID()];
    const at = '2021-06-11T03:00:00.000Z';
    await publish(cafe.system.urls.nats, [...acceptedDelivery(kept, at, 3000), ...acceptedDelivery(undone, at)]);
    await publish(cafe.system.urls.nats, [canceledByCafe(undone, '2021-06-13T03:00:00.000Z')]);
    const query = `{ productSales(cafeId: "92", from: "20210611", to: "20210611") { product salesQty salesSum }
      corrections(cafeId: "92", from: "20210613", to: "20210613") {
        edges { node { orderId businessDate soldOn amount qty reason at } } } }`;
    const { productSales, corrections } = await eventually(
      () => accountant.data<{ productSales: unknown[]; corrections: { edges: { node: unknown }[] } }>(query),
      (found) => found.corrections.edges.length === 1,
    );
    expect(productSales).toEqual([{ product: 'IceAmericano', salesQty: 2, salesSum: 5000 }]);
    expect(corrections.edges[0]?.node).toEqual({
      orderId: undone,
      businessDate: '20210613',
      soldOn: '20210611',
      amount: 2000,
      qty: 1,
      reason: 'the machine broke',
      at: '2021-06-13T03:00:00.000Z',
    });
    const elsewhere = await (await cafe.accountant('93')).send(query);
    expect(elsewhere).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('sums a day above 2³¹ won exactly', async () => {
    const each = 2_000_000_001;
    for (let index = 0; index < 3; index += 1) {
      await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-07-01T03:00:00.000Z', each));
    }
    const sums = await eventually(
      () => day(accountant, '20210701'),
      (found) => found?.orderCount === 3,
    );
    expect(sums?.salesSum).toBe(6_000_000_003);
    await eventually(
      () => cafe.headquartersBook('92', '20210701'),
      ({ current }) => current[0]?.salesSum === 6_000_000_003,
    );
  });

  it('moves on while headquarters is down, and sends the latest revision once when it returns', async () => {
    await cafe.system.process('headquarters').kill();
    for (let index = 0; index < 3; index += 1) {
      await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-08-01T03:00:00.000Z'));
    }
    const sums = await eventually(
      () => day(accountant, '20210801'),
      (found) => found?.revision === 3 && (found.transfer?.attempts ?? 0) >= 1,
    );
    expect(sums).toMatchObject({ salesSum: 6000, transfer: { status: 'PENDING', revision: 3 } });
    await cafe.system.process('headquarters').start();
    await eventually(
      () => day(accountant, '20210801'),
      (found) => found?.transfer?.status === 'ACKNOWLEDGED',
      40_000,
    );
    const { transfers } = await cafe.headquartersBook('92', '20210801');
    expect(transfers.filter(({ revision }) => revision === 3)).toHaveLength(1);
    const { headquartersTransfers } = await accountant.data<{
      headquartersTransfers: { edges: { node: { businessDate: string; revision: number; status: string } }[] };
    }>('{ headquartersTransfers(cafeId: "92", first: 100) { edges { node { businessDate revision status } } } }');
    const ofDay = headquartersTransfers.edges
      .map(({ node }) => node)
      .filter((node) => node.businessDate === '20210801');
    expect(ofDay.filter(({ status }) => status === 'SUPERSEDED').length).toBeGreaterThanOrEqual(1);
    expect(ofDay.filter(({ status }) => status === 'ACKNOWLEDGED').map(({ revision }) => revision)).toContain(3);
  });

  it("takes headquarters' no seriously: REJECTED, listed, and sent again on request", async () => {
    await cafe.turn('headquarters', { mode: 'reject' });
    await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-09-01T03:00:00.000Z'));
    const sums = await eventually(
      () => day(accountant, '20210901'),
      (found) => found?.transfer?.status === 'REJECTED',
    );
    const listed = await accountant.data<{
      headquartersTransfers: { edges: { node: { id: string; lastError: string } }[] };
    }>('{ headquartersTransfers(cafeId: "92", status: [REJECTED]) { edges { node { id lastError } } } }');
    expect(listed.headquartersTransfers.edges.map(({ node }) => node.id)).toContain(sums?.transfer?.id);
    expect(listed.headquartersTransfers.edges[0]?.node.lastError).toEqual(expect.any(String));

    await cafe.turn('headquarters', { mode: 'ok' });
    const resent = await accountant.data<{ resendHeadquartersTransfer: { userErrors: { code: string }[] } }>(
      `mutation($input: ResendHeadquartersTransferInput!) { resendHeadquartersTransfer(input: $input) {
        transfer { status } userErrors { code } } }`,
      { input: { idempotencyKey: randomUUID(), transferId: sums?.transfer?.id } },
    );
    expect(resent.resendHeadquartersTransfer.userErrors).toEqual([]);
    await eventually(
      () => day(accountant, '20210901'),
      (found) => found?.transfer?.status === 'ACKNOWLEDGED',
    );
  });

  it('makes no double of a transfer that was stored though its answer was lost', async () => {
    await cafe.turn('headquarters', { mode: 'lose' });
    await publish(cafe.system.urls.nats, acceptedDelivery(randomUUID(), '2021-10-01T03:00:00.000Z'));
    await eventually(
      () => day(accountant, '20211001'),
      (found) => (found?.transfer?.attempts ?? 0) >= 1,
    );
    await cafe.turn('headquarters', { mode: 'ok' });
    await eventually(
      () => day(accountant, '20211001'),
      (found) => found?.transfer?.status === 'ACKNOWLEDGED',
    );
    expect((await cafe.headquartersBook('92', '20211001')).transfers).toHaveLength(1);
  });

  it('catches up after being down: orders were not affected, and the sums equal the events', async () => {
    const before = await today(accountant);
    await cafe.system.process('accounting').kill();
    const ids = [await acceptOrder(cafe), await acceptOrder(cafe)];
    const alice = await cafe.customer();
    const blank = await alice.graph.send<{ order: { status: string; sale: unknown } }>(
      'query($id: ID!) { order(id: $id) { status sale { amount } } }',
      { id: ids[0] },
    );
    expect(blank.data?.order).toEqual({ status: 'ACCEPTED', sale: null });
    await cafe.system.process('accounting').start();
    const after = await eventually(
      () => day(accountant, before.businessDate),
      (found) => found?.orderCount === before.orderCount + 2,
    );
    expect(after?.salesSum).toBe(before.salesSum + 4000);
  });

  it('builds the same sums from an empty database by replay', async () => {
    type Days = { accountings: { edges: { node: Omit<Day, 'transfer'> }[] } };
    const live = await accountant.data<Days>(DAYS, { cafeId: '92' });
    expect(live.accountings.edges.length).toBeGreaterThan(3);
    await cafe.system.process('accounting').stop();
    await cafe.system.emptyDatabase('accounting');
    await cafe.system.process('accounting').start();
    const replayed = await eventually(
      () => accountant.data<Days>(DAYS, { cafeId: '92' }),
      (days) => JSON.stringify(days) === JSON.stringify(live),
      40_000,
    );
    expect(replayed).toEqual(live);
  });
});
