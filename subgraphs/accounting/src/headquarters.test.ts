import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import { openPostgres } from './adapters/postgres.ts';
import { transferQueue } from './adapters/postgres-transfers.ts';
import {
  startBroker,
  startDatabase,
  startHeadquarters,
  startService,
  type Broker,
  type Service,
} from './testing/accounting.ts';
import { acceptedOrder, orderCanceledByCafe } from './testing/events.ts';
import { collectLog } from '@cafe-for-me/lib/testing/log-lines';

let broker: Broker;
let headquarters: Awaited<ReturnType<typeof startHeadquarters>>;
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  [broker, headquarters, database] = await Promise.all([startBroker(), startHeadquarters(), startDatabase()]);
  service = await startService({ database, natsUrl: broker.nats.url, headquartersUrl: headquarters.url });
});

beforeEach(async () => {
  await headquarters.reset();
});

afterAll(async () => {
  await service.stop();
  await database.drop();
  await headquarters.stop();
  await broker.stop();
});

interface Row {
  revision: number;
  status: string;
  attempts: number;
  last_error: string | null;
}

const transfersOf = (cafeId: string): Promise<Row[]> =>
  database.query<Row & Record<string, unknown>>(
    'SELECT revision, status, attempts, last_error FROM headquarters_transfer WHERE cafe_id = $1 ORDER BY position',
    [cafeId],
  );

/** The transfers of the café, once the last one is as wanted. */
const untilLast = (cafeId: string, wanted: Partial<Row>): Promise<Row[]> =>
  until(async () => {
    const rows = await transfersOf(cafeId);
    const last = rows.at(-1);
    return (
      last !== undefined && Object.entries(wanted).every(([name, value]) => last[name as keyof Row] === value) && rows
    );
  });

let orders = 0;
async function sell(cafeId: string, count = 1): Promise<void> {
  const events = Array.from({ length: count }, () => acceptedOrder({ orderId: `hq-${++orders}`, cafeId }));
  await broker.publish(...events.flat());
}

async function received(cafeId: string) {
  const { transfers } = await headquarters.book();
  return transfers.filter((transfer) => transfer.cafeId === cafeId);
}

describe('headquarters', () => {
  it('is told each change of the sums, and its yes is kept', async () => {
    await sell('told');
    await untilLast('told', { revision: 1, status: 'ACKNOWLEDGED' });
    await sell('told');
    const rows = await untilLast('told', { revision: 2, status: 'ACKNOWLEDGED' });
    expect(rows).toMatchObject([
      { revision: 1, status: 'ACKNOWLEDGED', attempts: 1, last_error: null },
      { revision: 2, status: 'ACKNOWLEDGED', attempts: 1, last_error: null },
    ]);
    expect(await received('told')).toMatchObject([
      { businessDate: '20200514', revision: 1, salesSum: 2000, salesQty: 1, orderCount: 1 },
      { businessDate: '20200514', revision: 2, salesSum: 4000, salesQty: 2, orderCount: 2 },
    ]);
    const lines = service.lines.filter((line) => line['transferId'] === 'told:20200514:2').map((line) => line.msg);
    expect(lines).toEqual(['entry booked', 'transfer acknowledged']);
  });

  it('is told a correction as any other change', async () => {
    const order = { orderId: 'hq-corrected', cafeId: 'corrected' };
    await broker.publish(...acceptedOrder(order));
    await untilLast('corrected', { revision: 1, status: 'ACKNOWLEDGED' });
    await broker.publish(orderCanceledByCafe(order));
    await untilLast('corrected', { revision: 2, status: 'ACKNOWLEDGED' });
    expect((await received('corrected')).at(-1)).toMatchObject({ salesSum: 0, salesQty: 0, orderCount: 0 });
  });

  it('says no: the transfer is rejected and keeps the reason', async () => {
    await headquarters.knobs({ mode: 'reject' });
    await sell('rejected');
    const rows = await untilLast('rejected', { status: 'REJECTED' });
    expect(rows).toMatchObject([{ attempts: 1, last_error: 'rejected by headquarters' }]);
  });

  it('fails: the transfer is tried again, and its attempts are counted', async () => {
    await headquarters.knobs({ mode: 'fail' });
    await sell('failing');
    await until(async () => ((await transfersOf('failing'))[0]?.attempts ?? 0) >= 3);
    const [row] = await transfersOf('failing');
    expect(row).toMatchObject({ status: 'PENDING', last_error: 'headquarters answered 500.' });
    await headquarters.knobs({ mode: 'ok' });
    await untilLast('failing', { status: 'ACKNOWLEDGED', last_error: null });
    expect(await received('failing')).toHaveLength(1);
  });

  it('keeps it but its answer is lost: sent again under the same key, it is kept once', async () => {
    await headquarters.knobs({ mode: 'lose' });
    await sell('lost');
    await until(async () => (await received('lost')).length === 1);
    await untilLast('lost', { status: 'PENDING', last_error: 'headquarters did not answer within 500 ms.' });
    await headquarters.knobs({ mode: 'ok' });
    await untilLast('lost', { status: 'ACKNOWLEDGED' });
    expect(await received('lost')).toHaveLength(1);
  });

  it('is slow: what is sold meanwhile waits for the one under way, then only the newest is sent', async () => {
    await headquarters.knobs({ mode: 'hang' });
    await sell('slow');
    await untilLast('slow', { revision: 1, attempts: 1 });
    await sell('slow', 5);
    // The newest is being sent, so nothing older is under way any more that could still be answered.
    await until(async () => {
      const newest = (await transfersOf('slow')).at(-1);
      return newest?.revision === 6 && newest.attempts > 0;
    });
    await headquarters.knobs({ mode: 'ok' });
    const rows = await untilLast('slow', { revision: 6, status: 'ACKNOWLEDGED' });
    expect(rows.slice(0, -1).every(({ status }) => status === 'SUPERSEDED')).toBe(true);
    expect((await received('slow')).map(({ revision }) => revision)).toEqual([6]);
  });
});

describe('headquarters down', () => {
  it('holds up no sums, and when it is back the newest revision is sent, once', async () => {
    await headquarters.stop();
    const port = Number(new URL(headquarters.url).port);
    await sell('down');
    await until(async () => ((await transfersOf('down'))[0]?.attempts ?? 0) >= 2);
    expect((await transfersOf('down'))[0]?.last_error).toBe("headquarters can't be reached.");
    for (let sale = 2; sale <= 4; sale++) {
      await sell('down');
      await untilLast('down', { revision: sale, status: 'PENDING' });
    }
    const [sums] = await database.query(`SELECT sales_sum, revision FROM accounting WHERE cafe_id = 'down'`);
    expect(sums).toEqual({ sales_sum: '8000', revision: 4 });

    headquarters = await startHeadquarters(port);
    const rows = await untilLast('down', { revision: 4, status: 'ACKNOWLEDGED' });
    expect(rows.map(({ status }) => status)).toEqual(['SUPERSEDED', 'SUPERSEDED', 'SUPERSEDED', 'ACKNOWLEDGED']);
    expect((await received('down')).map(({ revision, salesSum }) => [revision, salesSum])).toEqual([[4, 8000]]);
  });
});

describe('two senders', () => {
  it('never send the same day at one time, nor a transfer twice', async () => {
    const second = await startService({ database, natsUrl: broker.nats.url, headquartersUrl: headquarters.url });
    await headquarters.knobs({ latencyMs: 20 });
    for (let round = 0; round < 10; round++) await sell(`pair-${round % 2}`, 3);
    await untilLast('pair-0', { revision: 15, status: 'ACKNOWLEDGED' });
    await untilLast('pair-1', { revision: 15, status: 'ACKNOWLEDGED' });
    await second.stop();
    for (const cafeId of ['pair-0', 'pair-1']) {
      const revisions = (await received(cafeId)).map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
      expect(new Set(revisions).size).toBe(revisions.length);
      expect((await transfersOf(cafeId)).every(({ status }) => ['ACKNOWLEDGED', 'SUPERSEDED'].includes(status))).toBe(
        true,
      );
    }
  });

  it('take over from one that died: its claim ends by itself', async () => {
    const own = await startDatabase();
    const postgres = openPostgres({ databaseUrl: own.url, log: collectLog().log });
    const queue = transferQueue(postgres.client);
    await own.query(
      `INSERT INTO headquarters_transfer (cafe_id, business_date, revision, sales_sum, sales_qty, order_count, status, next_attempt_at, updated_at)
       VALUES ('left', '20200514', 1, 3000000000, 1, 1, 'PENDING', now(), now())`,
    );
    const [dead] = await queue.take(10, 60_000);
    expect(dead).toMatchObject({ revision: 1, salesSum: 3_000_000_000, attempts: 1 });
    expect(await queue.take(10, 60_000)).toEqual([]);
    await own.query(`UPDATE headquarters_transfer SET lease_until = now()`);
    const [heir] = await queue.take(10, 60_000);
    expect(heir).toMatchObject({ revision: 1, attempts: 2 });
    expect(await queue.settle(dead!, { status: 'REJECTED', lastError: 'too late' }, 0)).toBe(false);
    expect(await queue.settle(heir!, { status: 'ACKNOWLEDGED' }, 0)).toBe(true);
    expect(await own.query('SELECT status, last_error FROM headquarters_transfer')).toEqual([
      { status: 'ACKNOWLEDGED', last_error: null },
    ]);
    await postgres.close();
    await own.drop();
  });

  it('leave a newer revision alone while an older one of its day is under way', async () => {
    const own = await startDatabase();
    const postgres = openPostgres({ databaseUrl: own.url, log: collectLog().log });
    const queue = transferQueue(postgres.client);
    const add = (revision: number) =>
      own.query(
        `INSERT INTO headquarters_transfer (cafe_id, business_date, revision, sales_sum, sales_qty, order_count, status, next_attempt_at, updated_at)
         VALUES ('busy', '20200514', $1, 1, 1, 1, 'PENDING', now(), now())`,
        [revision],
      );
    await add(1);
    const [first] = await queue.take(10, 60_000);
    await add(2);
    expect(await queue.take(10, 60_000)).toEqual([]);
    await queue.settle(first!, { status: 'PENDING', lastError: 'no answer' }, 0);
    const takenAtOnce = await Promise.all([queue.take(10, 60_000), queue.take(10, 60_000), queue.take(10, 60_000)]);
    expect(takenAtOnce.flat().map(({ revision }) => revision)).toEqual([2]);
    const rows = await own.query('SELECT revision, status FROM headquarters_transfer ORDER BY revision');
    expect(rows).toEqual([
      { revision: 1, status: 'SUPERSEDED' },
      { revision: 2, status: 'PENDING' },
    ]);
    await postgres.close();
    await own.drop();
  });
});
