import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { firstChange, nextChange } from '../application/change.ts';
import type { Change, OrderStore } from '../application/ports.ts';
import { decide, decidePlacing, type ChargeOutcome } from '../domain/decide.ts';
import { acceptWithinMs, clock, input, menu, now } from '../testing/fixtures.ts';
import { openReplica, startDatabase, startSimulators, type Replica } from '../testing/service.ts';
import { createOrderStore } from './order-store.ts';
import { openPostgres, type Postgres } from './postgres.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;
let replica: Replica;
let postgres: Postgres;
let store: OrderStore;
let statements = 0;
let commits = 0;
let keys = 0;

beforeAll(async () => {
  [database, simulators] = await Promise.all([startDatabase(), startSimulators()]);
  replica = openReplica(database.url, simulators);
  postgres = openPostgres(database.url, { connections: 2 });
  await replica.saveCafe();
  await replica.saveMenuItem('IceAmericano', 2000);
  const sql: Pick<Postgres['client'], '$queryRawUnsafe' | '$executeRawUnsafe'> = {
    $queryRawUnsafe: (...values) => {
      statements += 1;
      return postgres.client.$queryRawUnsafe(...values);
    },
    $executeRawUnsafe: (...values) => postgres.client.$executeRawUnsafe(...values),
  };
  store = createOrderStore(sql, () => void (commits += 1));
});
beforeEach(() => {
  statements = commits = 0;
});
afterAll(async () => {
  await Promise.all([replica.close(), postgres.close(), simulators.stop()]);
  await database.drop();
});

function placing({ smsTo = '010-1234-5678', idempotencyKey = `key-${(keys += 1)}`, menuVersion = 2 } = {}) {
  const orderId = replica.world.newId();
  const decision = decidePlacing({
    type: 'PlaceOrder',
    orderId,
    customerId: 'alice',
    smsTo,
    input,
    menu: { ...menu, clock },
  });
  if (!('events' in decision) || decision.events[0] === undefined) throw new Error('refused');
  const change = firstChange(decision.events[0], now, replica.world);
  return { change, terms: { idempotencyKey, inputHash: 'hash', menuVersion, paymentDueAt: now } };
}
const place = ({ change, terms }: ReturnType<typeof placing>) => store.place(change, terms);

function settled({ order }: Change, outcome: ChargeOutcome = { kind: 'CHARGED' }): Change {
  const decision = decide({ type: 'SettleCharge', outcome, acceptWithinMs }, order, now);
  const event = 'events' in decision ? decision.events[0] : undefined;
  if (event === undefined || event.type === 'OrderPlaced' || event.type === 'PaymentUnknown')
    throw new Error('refused');
  return nextChange(order, event, now, replica.world);
}
async function placedOrders(count: number): Promise<Change[]> {
  const all = Array.from({ length: count }, () => placing());
  await Promise.all(all.map(place));
  statements = commits = 0;
  return all.map(({ change }) => change);
}
const eventsOf = async (orderIds: readonly string[]) =>
  (
    await database.query<{ text: string }>(
      `SELECT array_position($1::text[], aggregate_id) || ' ' || (envelope->>'type') AS text FROM outbox
       WHERE aggregate_id = ANY ($1::text[]) ORDER BY position`,
      [orderIds],
    )
  ).map(({ text }) => text);

describe('Orders that are placed at one time', () => {
  it('share a statement, and each has its own row, history and event', async () => {
    const all = Array.from({ length: 9 }, () => placing());
    expect(await Promise.all(all.map(place))).toEqual(all.map(() => 'placed'));
    expect({ statements, commits }).toEqual({ statements: 2, commits: 2 });
    const ids = all.map(({ change }) => change.order.id);
    expect(await Promise.all(ids.map((id) => store.byId(id)))).toEqual(all.map(({ change }) => change.order));
    expect((await eventsOf(ids)).toSorted()).toEqual(ids.map((_, index) => `${index + 1} OrderPlaced`));
    expect(await replica.reads.historyOf(ids)).toHaveLength(9);
  });

  it('under one key become one order', async () => {
    const [first, ...twins] = [undefined, 'twin', 'twin', 'twin'].map((key) =>
      placing(key === undefined ? {} : { idempotencyKey: key }),
    );
    if (first === undefined) throw new Error('no first');
    const [, ...outcomes] = await Promise.all([first, ...twins].map(place));
    expect(statements).toBe(2);
    expect(outcomes.toSorted()).toEqual(['key-used', 'key-used', 'placed']);
    const winner = twins[outcomes.indexOf('placed')];
    expect((await store.byKey('alice', 'twin'))?.order).toEqual(winner?.change.order);
    expect(await eventsOf(twins.map(({ change }) => change.order.id))).toHaveLength(1);
  });

  it('each hear that the menu has changed, or the key is used, for themselves', async () => {
    const idempotencyKey = 'used before';
    const all = [placing({ idempotencyKey }), placing({ menuVersion: 1 }), placing({ idempotencyKey }), placing()];
    expect(await Promise.all(all.map(place))).toEqual(['placed', 'menu-changed', 'key-used', 'placed']);
    expect(statements).toBe(2);
  });

  it('fail alone', async () => {
    const all = [placing(), placing(), placing({ smsTo: 'what PostgreSQL can not store: \0' }), placing()];
    const results = await Promise.allSettled(all.map(place));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await eventsOf(all.map(({ change }) => change.order.id))).toEqual(
      expect.arrayContaining(['1 OrderPlaced', '2 OrderPlaced', '4 OrderPlaced']),
    );
  });
});

describe('Changes that are saved at one time', () => {
  it('share a statement, and each has its own columns, history, SMS and event', async () => {
    const outcomes: ChargeOutcome[] = [
      { kind: 'CHARGED' },
      { kind: 'CHARGED' },
      { kind: 'DECLINED', reason: 'no money' },
      { kind: 'UNAVAILABLE', retryAfterSeconds: 7 },
    ];
    const changes = (await placedOrders(4)).map((change, index) => settled(change, outcomes[index]));
    expect(await Promise.all(changes.map((change) => store.save(change, 0)))).toEqual([true, true, true, true]);
    expect({ statements, commits }).toEqual({ statements: 2, commits: 2 });
    const ids = changes.map(({ order }) => order.id);
    expect(await Promise.all(ids.map((id) => store.byId(id)))).toEqual(changes.map(({ order }) => order));
    expect(await replica.reads.notificationsOf(ids)).toHaveLength(4);
    expect((await eventsOf(ids)).slice(4).toSorted()).toEqual([
      '1 PaymentCompleted',
      '2 PaymentCompleted',
      '3 PaymentFailed',
      '4 PaymentFailed',
    ]);
  });

  it('of one order are saved once, and each hears whether it was its own', async () => {
    const [other, order] = await placedOrders(2);
    if (other === undefined || order === undefined) throw new Error('not placed');
    const declined = settled(order, { kind: 'DECLINED', reason: 'no money' });
    const changes = [settled(other), settled(order), declined];
    const [, ...saved] = await Promise.all(changes.map((change) => store.save(change)));
    expect(statements).toBe(2);
    expect(saved.filter(Boolean)).toEqual([true]);
    expect(await store.byId(order.order.id)).toEqual(changes[1 + saved.indexOf(true)]?.order);
    expect(await eventsOf([order.order.id])).toHaveLength(2);
  });

  it('are not saved where another version came first or a worker took the payment over', async () => {
    const [first, lost, taken] = await placedOrders(3);
    if (first === undefined || lost === undefined || taken === undefined) throw new Error('not placed');
    await store.save(settled(lost));
    const changes: [Change, number?][] = [[settled(first)], [settled(lost)], [settled(taken), 1]];
    expect(await Promise.all(changes.map(([change, attempt]) => store.save(change, attempt)))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
