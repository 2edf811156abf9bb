import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import type { AnyEnvelope } from '@cafe-for-me/schema/events';
import fc from 'fast-check';
import {
  startBroker,
  startDatabase,
  startHeadquarters,
  startService,
  type Broker,
  type Service,
} from './testing/accounting.ts';
import { acceptedOrder, cafeSaved, deliveryCreated, orderCanceledByCafe, paymentCompleted } from './testing/events.ts';

let broker: Broker;
let headquarters: Awaited<ReturnType<typeof startHeadquarters>>;
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  [broker, headquarters, database] = await Promise.all([startBroker(), startHeadquarters(), startDatabase()]);
  service = await start(database);
});

afterAll(async () => {
  await service.stop();
  await database.drop();
  await headquarters.stop();
  await broker.stop();
});

function start(of: TestDatabase): Promise<Service> {
  return startService({ database: of, natsUrl: broker.nats.url, headquartersUrl: headquarters.url });
}

interface Sums {
  cafe_id: string;
  business_date: string;
  sales_sum: string;
  canceled_sum: string;
  sales_qty: number;
  order_count: number;
  revision: number;
}

const sumsOf = (of: TestDatabase, cafeId: string): Promise<Sums[]> =>
  of.query<Sums & Record<string, unknown>>(
    `SELECT cafe_id, business_date, sales_sum, canceled_sum, sales_qty, order_count, revision FROM accounting
     WHERE cafe_id LIKE $1 ORDER BY cafe_id, business_date`,
    [cafeId],
  );

/** Everything that a replay must build again. */
async function booksOf(of: TestDatabase, { except }: { except: string }): Promise<unknown[]> {
  const tables = [
    `SELECT cafe_id, business_date, sales_sum, canceled_sum, sales_qty, order_count, revision, as_of FROM accounting`,
    `SELECT cafe_id, business_date, order_id, kind, amount, event_id, reason FROM ledger_entry`,
    `SELECT cafe_id, business_date, event_id, line.* FROM ledger_entry JOIN ledger_line AS line USING (event_id)`,
    `SELECT * FROM ordered_day`,
    `SELECT id AS cafe_id, id AS business_date, time_zone, day_cutoff_hour, version FROM cafe`,
  ];
  const each = tables.map((table) =>
    of.query(`SELECT * FROM (${table}) AS t WHERE cafe_id <> $1 ORDER BY cafe_id, business_date, to_jsonb(t)::text`, [
      except,
    ]),
  );
  return Promise.all(each);
}

/** Publishes, then waits until a sale behind all of it has been booked. */
async function publishAndWait(of: TestDatabase, ...events: readonly AnyEnvelope[]): Promise<void> {
  const orderId = randomUUID();
  await broker.publish(...events, ...acceptedOrder({ orderId, cafeId: 'sentinel' }));
  await until(async () => (await of.query('SELECT 1 FROM ledger_entry WHERE order_id = $1', [orderId])).length === 1);
}

const day = (cafeId: string, sums: Partial<Sums>): Partial<Sums> => ({
  cafe_id: cafeId,
  business_date: '20200514',
  ...sums,
});

describe('the books', () => {
  it('add what the café accepted to its business day, price times quantity, and not what it only got', async () => {
    await publishAndWait(
      database,
      ...acceptedOrder({ orderId: 'plain-1', cafeId: 'plain', qty: 3, unitPrice: 2000 }),
      ...acceptedOrder({ orderId: 'plain-2', cafeId: 'plain', qty: 1, unitPrice: 4500 }),
      deliveryCreated({ orderId: 'plain-3', cafeId: 'plain' }),
    );
    expect(await sumsOf(database, 'plain')).toEqual([
      day('plain', { sales_sum: '10500', canceled_sum: '0', sales_qty: 4, order_count: 2, revision: 2 }),
    ]);
  });

  it('log each entry with its order, once it is committed', async () => {
    await publishAndWait(database, ...acceptedOrder({ orderId: 'logged-1', cafeId: 'logged' }));
    const lines = service.lines.filter((line) => line['orderId'] === 'logged-1');
    expect(lines).toMatchObject([
      { level: 'info', msg: 'entry booked', transferId: 'logged:20200514:1', amount: 2000 },
    ]);
  });

  it('skip an event that is delivered twice', async () => {
    const [created, received] = acceptedOrder({ orderId: 'twice-1', cafeId: 'twice' });
    await publishAndWait(database, created, received, received, created, received);
    expect(await sumsOf(database, 'twice')).toEqual([
      day('twice', { sales_sum: '2000', canceled_sum: '0', sales_qty: 1, order_count: 1, revision: 1 }),
    ]);
  });

  it('park events that come before their predecessors and end with the same sums', async () => {
    const order = { orderId: 'parked-1', cafeId: 'parked', qty: 2 };
    const [created, received] = acceptedOrder(order);
    await publishAndWait(database, orderCanceledByCafe(order), received);
    expect(await sumsOf(database, 'parked')).toEqual([]);
    await publishAndWait(database, created);
    expect(await sumsOf(database, 'parked')).toEqual([
      day('parked', { sales_sum: '0', canceled_sum: '4000', sales_qty: 0, order_count: 0, revision: 2 }),
    ]);
  });

  it('put a correction on the day it happens and leave the day of the sale as it was', async () => {
    const order = { orderId: 'late-1', cafeId: 'late', qty: 2, unitPrice: 2500 };
    await publishAndWait(
      database,
      ...acceptedOrder(order),
      orderCanceledByCafe({ ...order, at: '2020-05-16T03:00:00.000Z' }),
    );
    expect(await sumsOf(database, 'late')).toEqual([
      day('late', { sales_sum: '5000', canceled_sum: '0', sales_qty: 2, order_count: 1, revision: 1 }),
      {
        cafe_id: 'late',
        business_date: '20200516',
        sales_sum: '-5000',
        canceled_sum: '5000',
        sales_qty: -2,
        order_count: -1,
        revision: 1,
      },
    ]);
    const got = await until(async () =>
      (await headquarters.book()).current.find(
        ({ cafeId, businessDate }) => cafeId === 'late' && businessDate === '20200516',
      ),
    );
    expect(got).toMatchObject({ salesSum: -5000, salesQty: -2, orderCount: -1, revision: 1 });
  });

  it('cut the day where the clock in the event says, at the turn of the year too', async () => {
    await publishAndWait(
      database,
      ...acceptedOrder({ orderId: 'night-1', cafeId: 'night', at: '2020-05-14T15:30:00.000Z' }),
      ...acceptedOrder({ orderId: 'night-2', cafeId: 'night', at: '2020-12-31T03:00:00.000Z' }),
      ...acceptedOrder({ orderId: 'night-3', cafeId: 'night', at: '2020-12-31T18:59:59.999Z' }),
      ...acceptedOrder({ orderId: 'night-4', cafeId: 'night', at: '2020-12-31T19:00:00.000Z' }),
    );
    const days = await sumsOf(database, 'night');
    expect(days.map(({ business_date, order_count }) => [business_date, order_count])).toEqual([
      ['20200514', 1],
      ['20201231', 2],
      ['20210101', 1],
    ]);
  });

  it('are exact above 2^31 won', async () => {
    const big = [1, 2, 3].flatMap((n) =>
      acceptedOrder({ orderId: `big-${n}`, cafeId: 'big', qty: 99, unitPrice: 2_147_483_647 }),
    );
    await publishAndWait(database, ...big);
    const [sums] = await sumsOf(database, 'big');
    expect(sums?.sales_sum).toBe(String(2_147_483_647n * 99n * 3n));
    const sent = await until(async () =>
      (await headquarters.book()).current.find(({ cafeId, revision }) => cafeId === 'big' && revision === 3),
    );
    expect(sent.salesSum).toBe(2_147_483_647 * 99 * 3);
  });

  it('skip events of an unknown type or a newer version, and go on with the order', async () => {
    const [created, received] = acceptedOrder({ orderId: 'strange-1', cafeId: 'strange' });
    const newer = { ...received, schemaVersion: 99 };
    const unknown = {
      ...created,
      type: 'OrderSungAbout',
      id: randomUUID(),
      aggregateVersion: 3,
    } as unknown as AnyEnvelope;
    // Its subject is asked by type; an unknown one has none here.
    await broker.connection.jetstream().publish('deliveries.strange.OrderSungAbout', JSON.stringify(unknown));
    await publishAndWait(database, created, newer);
    expect(await sumsOf(database, 'strange')).toEqual([]);
    const skipped = service.lines.filter((line) => line.msg === 'an event of an unknown type or version was skipped');
    expect(skipped.map((line) => [line['type'], line['schemaVersion']])).toEqual([
      ['OrderReceived', 99],
      ['OrderSungAbout', 1],
    ]);
  });

  it('tell of each change once, revision by revision, on their own stream', async () => {
    const order = { orderId: 'told-1', cafeId: 'told' };
    await publishAndWait(
      database,
      ...acceptedOrder(order),
      orderCanceledByCafe(order),
      ...acceptedOrder({ orderId: 'told-2', cafeId: 'told' }),
    );
    const consumer = await broker.connection
      .jetstream()
      .consumers.get('ACCOUNTING', { filterSubjects: 'accounting.told.>' });
    const told: unknown[] = [];
    const messages = await consumer.consume();
    for await (const message of messages) {
      const { aggregateId, aggregateVersion, type, data } = message.json<AnyEnvelope<'AccountingChanged'>>();
      told.push([aggregateId, aggregateVersion, type, data.cause, data.salesSum]);
      if (told.length === 3) break;
    }
    expect(told).toEqual([
      ['told:20200514', 1, 'AccountingChanged', 'SALE', 2000],
      ['told:20200514', 2, 'AccountingChanged', 'CORRECTION', 0],
      ['told:20200514', 3, 'AccountingChanged', 'SALE', 2000],
    ]);
  });

  it('date a day by its newest booking', async () => {
    const datedOf = async (): Promise<number> => {
      const [row] = await database.query<{ updated: Date }>(
        "SELECT updated_at AS updated FROM accounting WHERE cafe_id = 'dated'",
      );
      return row!.updated.getTime();
    };
    await publishAndWait(database, ...acceptedOrder({ orderId: 'dated-1', cafeId: 'dated' }));
    const first = await datedOf();
    await publishAndWait(database, ...acceptedOrder({ orderId: 'dated-2', cafeId: 'dated' }));
    expect(await datedOf()).toBeGreaterThan(first);
  });

  it('add what was ordered and paid to the statistics, once', async () => {
    const paid = paymentCompleted({ orderId: 'ordered-1', cafeId: 'ordered', qty: 2 });
    await broker.publish(
      paid,
      paid,
      paymentCompleted({ orderId: 'ordered-2', cafeId: 'ordered', unitPrice: 3_000_000_000 }),
    );
    await publishAndWait(database, ...acceptedOrder({ orderId: 'ordered-1', cafeId: 'ordered', qty: 2 }));
    const rows = await until(async () => {
      const found = await database.query<{ ordered_sum: string }>(
        `SELECT business_date, ordered_sum, sales_sum, order_count FROM accounting_statistics WHERE cafe_id = 'ordered'`,
      );
      return found[0]?.ordered_sum === '3000004000' && found;
    });
    expect(rows).toEqual([
      { business_date: '20200514', ordered_sum: '3000004000', sales_sum: '4000', order_count: '1' },
    ]);
  });

  it('keep the newest clock of a café', async () => {
    await publishAndWait(
      database,
      cafeSaved('clock', 1),
      cafeSaved('clock', 2, { timeZone: 'Europe/Berlin', dayCutoffHour: 0 }),
    );
    const rows = await database.query('SELECT time_zone, day_cutoff_hour, version FROM cafe WHERE id = $1', ['clock']);
    expect(rows).toEqual([{ time_zone: 'Europe/Berlin', day_cutoff_hour: 0, version: 2 }]);
  });

  it('equal the sum of the events in whatever order and however often these are delivered', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(
            fc.record({
              qty: fc.integer({ min: 1, max: 99 }),
              unitPrice: fc.integer({ min: 0, max: 50_000 }),
              canceled: fc.boolean(),
            }),
            {
              minLength: 1,
              maxLength: 6,
            },
          )
          .chain((orders) =>
            fc.tuple(
              fc.constant(orders),
              fc.array(fc.nat(), { minLength: orders.length * 3, maxLength: orders.length * 6 }),
            ),
          ),
        async ([orders, picks]) => {
          const cafeId = `any-${++run}`;
          const events: AnyEnvelope[] = orders.flatMap((given, n) => {
            const order = { ...given, orderId: `${cafeId}-${n}`, cafeId };
            return [...acceptedOrder(order), ...(given.canceled ? [orderCanceledByCafe(order)] : [])];
          });
          // Picks may repeat events and leave some out; what is left out comes last, backwards.
          const picked = picks.map((pick) => events[pick % events.length]!);
          await publishAndWait(database, ...picked, ...events.toReversed());
          const kept = orders.filter(({ canceled }) => !canceled);
          const [sums] = await sumsOf(database, cafeId);
          expect(sums).toMatchObject({
            sales_sum: String(kept.reduce((sum, { qty, unitPrice }) => sum + qty * unitPrice, 0)),
            sales_qty: kept.reduce((sum, { qty }) => sum + qty, 0),
            order_count: kept.length,
            revision: orders.length * 2 - kept.length,
          });
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('the service away and back', () => {
  it('catches up with what was sold while it was down, and an added one builds the same books from the beginning', async () => {
    const order = { orderId: 'down-1', cafeId: 'down' };
    await publishAndWait(database, ...acceptedOrder(order));
    await service.stop();
    const missed = Array.from({ length: 120 }, (_, n) =>
      acceptedOrder({ orderId: `down-missed-${n}`, cafeId: 'down' }),
    ).flat();
    await broker.publish(...missed, orderCanceledByCafe(order));
    service = await start(database);
    await publishAndWait(database);
    expect(await sumsOf(database, 'down')).toEqual([
      day('down', { sales_sum: '240000', canceled_sum: '2000', sales_qty: 120, order_count: 120, revision: 122 }),
    ]);

    await service.stop();
    const added = await startDatabase();
    const second = await start(added);
    await publishAndWait(added);
    await second.stop();
    service = await start(database);
    const sentinel = { except: 'sentinel' };
    expect(await booksOf(added, sentinel)).toEqual(await booksOf(database, sentinel));
    await added.drop();
  });

  it('books everything once when two replicas share the work', async () => {
    const replica = await start(database);
    const orders = Array.from({ length: 150 }, (_, n) => ({ orderId: `two-${n}`, cafeId: `two-${n % 3}` }));
    await broker.publish(...orders.flatMap((order) => acceptedOrder(order)));
    const total = async () => (await sumsOf(database, 'two-%')).reduce((sum, { order_count }) => sum + order_count, 0);
    await until(async () => (await total()) === 150);
    await replica.stop();
    const sums = await sumsOf(database, 'two-%');
    expect(sums.map(({ order_count, revision, sales_sum }) => [order_count, revision, sales_sum])).toEqual([
      [50, 50, '100000'],
      [50, 50, '100000'],
      [50, 50, '100000'],
    ]);
  });

  it('leaves one poisonous event aside as a dead letter, and books the other orders', async () => {
    const [created, received] = acceptedOrder({ orderId: 'poison-1', cafeId: 'poison' });
    const poison = { ...received, data: { ...received.data, timeZone: 'Asia/Atlantis' } };
    await publishAndWait(database, created, poison, ...acceptedOrder({ orderId: 'poison-2', cafeId: 'poison' }));
    expect(await sumsOf(database, 'poison')).toEqual([
      day('poison', { sales_sum: '2000', canceled_sum: '0', sales_qty: 1, order_count: 1, revision: 1 }),
    ]);
    const letters = await until(async () => {
      const rows = await database.query<{ aggregate_id: string; error: string }>(
        'SELECT aggregate_id, error FROM dead_letter',
      );
      return rows.length > 0 && rows;
    });
    expect(letters).toMatchObject([{ aggregate_id: 'poison-1', error: expect.stringContaining('Asia/Atlantis') }]);
  });

  it('is ready before the broker is there; what comes with the broker is booked', async () => {
    const { port, url } = broker.nats;
    await service.stop();
    await broker.stop();
    service = await startService({ database, natsUrl: url, headquartersUrl: headquarters.url });
    const ready = await fetch(service.url.replace('/graphql', '/health/ready'));
    expect(ready.status).toBe(200);
    broker = await startBroker(port);
    await publishAndWait(database, ...acceptedOrder({ orderId: 'later-1', cafeId: 'later' }));
    expect(await sumsOf(database, 'later')).toHaveLength(1);
  });
});
