import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import type { Caller } from '@cafe-for-me/schema/caller';
import type { EventName } from '@cafe-for-me/schema/events';
import { acceptOrder } from '../application/accept-order.ts';
import { answerCancelRequest } from '../application/answer-cancel-request.ts';
import { cancelByCafe } from '../application/cancel-by-cafe.ts';
import { endOverdue, takeOverdue } from '../application/end-overdue.ts';
import { handOver } from '../application/hand-over.ts';
import { markReady } from '../application/mark-ready.ts';
import { receivePaidOrders } from '../application/receive-paid-orders.ts';
import type { Outcome } from '../application/refusal.ts';
import { rejectOrder } from '../application/reject-order.ts';
import { pickupCode } from '../domain/pickup-code.ts';
import {
  cancelRequested,
  later,
  noon,
  openStore,
  orderAtCafe,
  paymentCompleted,
  seoul,
  startDatabase,
  type Store,
} from '../testing/delivery.ts';

const bob: Caller = { kind: 'staff', id: 'bob', cafes: ['92', '93'] };
const bella: Caller = { kind: 'staff', id: 'bella', cafes: ['92'] };
const key = randomUUID;

function codeOf(outcome: Outcome<unknown>): string {
  return 'done' in outcome ? 'done' : outcome.refused.code;
}

describe('the rows of deliveries', () => {
  let database: TestDatabase;
  /** Two replicas of the service, each with its own connections. */
  let one: Store;
  let two: Store;
  beforeAll(async () => {
    database = await startDatabase();
    one = openStore(database.url);
    two = openStore(database.url);
  });
  beforeEach(() => {
    for (const { clock, codes } of [one, two]) {
      clock.now = noon;
      codes.length = 0;
    }
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await database.drop();
  });

  const accept = (store: Store, caller: Caller, orderId: string, idempotencyKey: string = key(), readyInMinutes = 10) =>
    acceptOrder(store.parts, caller, { idempotencyKey, orderId, readyInMinutes });

  /** The types of an order's events by version; throws where a version is missing. */
  async function eventsOf(orderId: string): Promise<EventName[]> {
    const rows = await database.query<{ version: number; type: EventName }>(
      `SELECT aggregate_version AS version, envelope->>'type' AS type FROM outbox WHERE aggregate_id = $1 ORDER BY 1`,
      [orderId],
    );
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, index) => index + 1));
    return rows.map(({ type }) => type);
  }

  const rowOf = async (orderId: string) => (await one.parts.deliveries.load(orderId)).found?.delivery;

  it.each([
    ['20260101000000_initial', 'messaging.sql'],
    ['20260601000000_published_sequence', 'messaging-feed.sql'],
  ])('hold the tables of the messaging word for word: %s has %s', async (name, file) => {
    const [migration, messaging] = await Promise.all(
      [`prisma/delivery/migrations/${name}/migration.sql`, `lib/${file}`].map((path) =>
        readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8'),
      ),
    );
    expect(migration).toContain(messaging);
  });

  it('keep a paid order as it came, with one event, however often it comes', async () => {
    const event = paymentCompleted();
    const other = paymentCompleted();
    expect(await receivePaidOrders(one.parts, [event, other])).toMatchObject([
      { orderId: event.aggregateId },
      { orderId: other.aggregateId },
    ]);
    expect(await receivePaidOrders(two.parts, [event])).toEqual([]);
    expect(await rowOf(event.aggregateId)).toEqual({
      orderId: event.aggregateId,
      cafeId: '92',
      customerId: 'alice',
      lines: [{ product: 'IceAmericano', qty: 2, unitPrice: 2000 }],
      total: 4000,
      acceptBy: later(10),
      version: 1,
      createdAt: noon,
      updatedAt: noon,
      since: noon,
      status: 'ORDER_GET',
    });
    expect(await eventsOf(event.aggregateId)).toEqual(['DeliveryCreated']);
  });

  it('read back every state as it was saved', async () => {
    const steps = {
      accept: (id: string) => accept(one, bob, id),
      reject: (id: string) =>
        rejectOrder(one.parts, bob, { idempotencyKey: key(), orderId: id, reason: 'TOO_BUSY', note: '너무 바빠요 🥵' }),
      ready: (id: string) => markReady(one.parts, bob, { idempotencyKey: key(), orderId: id }),
      handOver: async (id: string) => {
        const delivery = await rowOf(id);
        const code = delivery?.status === 'READY' ? delivery.pickupCode : '';
        return handOver(one.parts, bob, { idempotencyKey: key(), orderId: id, pickupCode: ` ${code.toLowerCase()} ` });
      },
      cancel: (id: string) => cancelByCafe(one.parts, bob, { idempotencyKey: key(), orderId: id, reason: 'no water' }),
    };
    const lives: [(keyof typeof steps)[], EventName[]][] = [
      [
        ['accept', 'ready', 'handOver'],
        ['OrderReceived', 'OrderReady', 'OrderPickedUp'],
      ],
      [
        ['accept', 'cancel'],
        ['OrderReceived', 'OrderCanceledByCafe'],
      ],
      [
        ['accept', 'ready', 'cancel'],
        ['OrderReceived', 'OrderReady', 'OrderCanceledByCafe'],
      ],
      [['reject'], ['OrderRejected']],
    ];
    for (const [life, types] of lives) {
      const id = await orderAtCafe(one);
      for (const step of life) {
        one.clock.now = later(1, one.clock.now);
        const outcome = await steps[step](id);
        expect('done' in outcome && outcome.done).toEqual(await rowOf(id));
      }
      expect(await eventsOf(id)).toEqual(['DeliveryCreated', ...types]);
      // The events alone tell the same.
      const [present] = await one.parts.reads.find([id]);
      expect((await one.parts.reads.between(id, 1, 99)).at(-1)).toEqual(present);
      one.clock.now = noon;
    }
  });

  it('let exactly one of cancel and accept win, 1,000 times, in the same moment', async () => {
    const tally: Record<string, number> = {};
    for (let round = 0; round < 1_000; round += 4) {
      await Promise.all(
        [0, 1, 2, 3].map(async (lane) => {
          const id = await orderAtCafe(lane % 2 === 0 ? one : two);
          const acceptance = () => accept(one, bob, id);
          const request = () => answerCancelRequest(two.parts, cancelRequested(id));
          // Who is sent first alternates, so that both orders meet in the database.
          const [first, second] = (round / 4 + lane) % 2 === 0 ? [acceptance, request] : [request, acceptance];
          const both = await Promise.all([first(), second()]);
          const outcome = both.find((each) => each !== null && !('version' in each)) as Outcome<unknown>;
          const events = await eventsOf(id);
          const status = (await rowOf(id))?.status;
          const told = `${codeOf(outcome)} ${status} ${events.slice(1).join()}`;
          tally[told] = (tally[told] ?? 0) + 1;
        }),
      );
    }
    const accepted = tally['done RECEIVED OrderReceived,OrderCancelRejected'] ?? 0;
    const canceled = tally['ALREADY_CANCELED CANCELED OrderCancelConfirmed'] ?? 0;
    expect({ tally, sum: accepted + canceled }).toEqual({ tally, sum: 1_000 });
    expect(accepted).toBeGreaterThan(0);
    expect(canceled).toBeGreaterThan(0);
  }, 120_000);

  it('tell the second of two baristas who accepted and when', async () => {
    const id = await orderAtCafe(one);
    const both = await Promise.all([accept(one, bob, id), accept(two, bella, id)]);
    expect(both.map(codeOf).toSorted()).toEqual(['ALREADY_ACCEPTED', 'done']);
    const refused = both.find((outcome) => 'refused' in outcome);
    const winner = both.findIndex((outcome) => 'done' in outcome) === 0 ? 'bob' : 'bella';
    expect(refused).toEqual({ refused: { code: 'ALREADY_ACCEPTED', status: 'RECEIVED', by: winner, at: noon } });
  });

  it('refuse to accept from acceptBy on, and the timer expires it, once, in two replicas', async () => {
    const id = await orderAtCafe(one, { acceptBy: later(3) });
    for (const { clock } of [one, two]) clock.now = later(3);
    expect(await accept(one, bob, id)).toEqual({
      refused: { code: 'ACCEPT_TIME_OVER', status: 'ORDER_GET', at: later(3) },
    });
    const taken = await Promise.all([one, two].map((store) => takeOverdue(store.parts, 'expire', 1000)));
    const done = await Promise.all(
      [one, two].flatMap((store, index) =>
        (taken[index] ?? [])
          .filter(({ delivery }) => delivery.orderId === id)
          .map((overdue) => endOverdue(store.parts, 'expire', overdue)),
      ),
    );
    expect(done.map(String).toSorted()).toEqual(['false', 'true']);
    expect(await eventsOf(id)).toEqual(['DeliveryCreated', 'OrderExpired']);
    expect(await accept(one, bob, id)).toMatchObject({ refused: { code: 'ALREADY_EXPIRED', at: later(3) } });
  });

  it('are created even after acceptBy, for the timer to expire', async () => {
    const id = await orderAtCafe(one, { acceptBy: later(-5) });
    const overdue = await takeOverdue(one.parts, 'expire', 1000);
    const own = overdue.find(({ delivery }) => delivery.orderId === id);
    expect(own && (await endOverdue(one.parts, 'expire', own))).toBe(true);
    expect(await eventsOf(id)).toEqual(['DeliveryCreated', 'OrderExpired']);
  });

  it('end a made order that nobody fetched within the time for it', async () => {
    const id = await orderAtCafe(one);
    await accept(one, bob, id);
    await markReady(one.parts, bob, { idempotencyKey: key(), orderId: id });
    const isTaken = async () =>
      (await takeOverdue(one.parts, 'notCollected', 1000)).find(({ delivery }) => delivery.orderId === id);
    one.clock.now = new Date(later(60).getTime() - 1);
    expect(await isTaken()).toBeUndefined();
    one.clock.now = later(60);
    const own = await isTaken();
    expect(own && (await endOverdue(one.parts, 'notCollected', own))).toBe(true);
    expect(await eventsOf(id)).toEqual(['DeliveryCreated', 'OrderReceived', 'OrderReady', 'OrderNotCollected']);
  });

  it('answer a cancel request after acceptance with a rejection, and stay accepted', async () => {
    const id = await orderAtCafe(one);
    await accept(one, bob, id);
    expect(await answerCancelRequest(one.parts, cancelRequested(id))).toMatchObject({ status: 'RECEIVED', version: 3 });
    expect(await eventsOf(id)).toEqual(['DeliveryCreated', 'OrderReceived', 'OrderCancelRejected']);
  });

  it('keep a cancel request that comes before its paid order, and cancel that as it comes', async () => {
    const event = paymentCompleted();
    expect(await answerCancelRequest(one.parts, cancelRequested(event.aggregateId))).toBeNull();
    expect(await answerCancelRequest(one.parts, cancelRequested(event.aggregateId))).toBeNull();
    const usual = paymentCompleted();
    const made = await receivePaidOrders(two.parts, [event, usual]);
    expect(made).toMatchObject([
      { status: 'CANCELED', version: 1 },
      { status: 'ORDER_GET', version: 1 },
    ]);
    expect(await eventsOf(event.aggregateId)).toEqual(['OrderCancelConfirmed']);
    expect(await database.query('SELECT * FROM kept_cancel WHERE order_id = $1', [event.aggregateId])).toEqual([]);
    const [only] = await one.parts.reads.between(event.aggregateId, 1, 1);
    expect(only).toEqual(await rowOf(event.aggregateId));
  });

  it('give queue numbers from 1 per café and business day, without gaps or doubles, to acceptances at once', async () => {
    const cafe = 'queue-cafe';
    const staff: Caller = { kind: 'staff', id: 'bob', cafes: [cafe, 'queue-cafe-2'] };
    const ids = await Promise.all(Array.from({ length: 60 }, () => orderAtCafe(one, { cafeId: cafe })));
    const answers = await Promise.all(
      // Each is asked for twice: the losers must not use up numbers.
      ids.flatMap((id) => [accept(one, staff, id), accept(two, staff, id)]),
    );
    const numbers = answers.flatMap((outcome) =>
      'done' in outcome && outcome.done.status === 'RECEIVED' ? [outcome.done.queueNumber] : [],
    );
    const from1to60 = Array.from({ length: 60 }, (_, index) => index + 1);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(from1to60);
    const told = await database.query<{ number: number }>(
      `SELECT (envelope->'data'->>'queueNumber')::int AS number FROM outbox
       WHERE envelope->>'cafeId' = $1 AND envelope->>'type' = 'OrderReceived' ORDER BY 1`,
      [cafe],
    );
    expect(told.map(({ number }) => number)).toEqual(from1to60);

    const nextOf = async (cafeId: string) => {
      const outcome = await accept(one, staff, await orderAtCafe(one, { cafeId, acceptBy: later(3000) }));
      return 'done' in outcome && outcome.done.status === 'RECEIVED' ? outcome.done.queueNumber : null;
    };
    expect(await nextOf('queue-cafe-2')).toBe(1);
    // Half past midnight in Seoul: before the cut-off at 4, so the same business day.
    one.clock.now = new Date('2020-05-14T15:30:00.000Z');
    expect(await nextOf(cafe)).toBe(61);
    one.clock.now = new Date('2020-05-14T19:00:00.000Z');
    expect(await nextOf(cafe)).toBe(1);
  });

  it('give no two orders on the counter of a café the same pickup code', async () => {
    const made = async (codes: string[], cafeId = '92') => {
      const id = await orderAtCafe(one, { cafeId });
      await accept(one, bob, id);
      one.codes.push(...codes);
      const outcome = await markReady(one.parts, bob, { idempotencyKey: key(), orderId: id });
      return 'done' in outcome && outcome.done.status === 'READY' ? { id, code: outcome.done.pickupCode } : null;
    };
    const first = await made(['AAA']);
    expect(first?.code).toBe('AAA');
    expect((await made(['AAA', 'BBB']))?.code).toBe('BBB');
    expect((await made(['AAA'], '93'))?.code).toBe('AAA');
    // Fetched: its code is free again.
    await handOver(one.parts, bob, { idempotencyKey: key(), orderId: first?.id ?? '', pickupCode: 'aaa' });
    expect((await made(['AAA']))?.code).toBe('AAA');
    expect(pickupCode(() => 0)).toHaveLength(3);
  });

  it('hand nothing over for a wrong code', async () => {
    const id = await orderAtCafe(one);
    await accept(one, bob, id);
    await markReady(one.parts, bob, { idempotencyKey: key(), orderId: id });
    expect(await handOver(one.parts, bob, { idempotencyKey: key(), orderId: id, pickupCode: 'ZZZ' })).toEqual({
      refused: { code: 'WRONG_PICKUP_CODE' },
    });
    expect((await rowOf(id))?.status).toBe('READY');
  });

  it('carry out a command once per key, also when it is sent twice at once', async () => {
    const id = await orderAtCafe(one);
    const same = key();
    const both = await Promise.all([accept(one, bob, id, same), accept(two, bob, id, same)]);
    expect(both.map(codeOf)).toEqual(['done', 'done']);
    expect(both[0]).toEqual(both[1]);
    expect(await accept(two, bob, id, same)).toEqual(both[0]);
    expect(await eventsOf(id)).toEqual(['DeliveryCreated', 'OrderReceived']);
  });

  it('refuse a key that was used with another input, another order or another command', async () => {
    const [id, other] = [await orderAtCafe(one), await orderAtCafe(one)];
    const used = key();
    await accept(one, bob, id, used);
    expect(codeOf(await accept(one, bob, id, used, 20))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(codeOf(await accept(one, bob, other, used))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(codeOf(await markReady(one.parts, bob, { idempotencyKey: used, orderId: id }))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect(await eventsOf(other)).toEqual(['DeliveryCreated']);
    // Another caller's key is another key.
    expect(codeOf(await accept(one, bella, other, used))).toBe('done');
  });

  it('lets one of two orders have a key that is sent for both at once', async () => {
    const ids = [await orderAtCafe(one), await orderAtCafe(one)] as const;
    const same = key();
    const both = await Promise.all([accept(one, bob, ids[0], same), accept(two, bob, ids[1], same)]);
    expect(both.map(codeOf).toSorted()).toEqual(['IDEMPOTENCY_KEY_REUSED', 'done']);
  });

  it('forget a refused command, so that its key may be used again', async () => {
    const id = await orderAtCafe(one);
    const again = key();
    expect(codeOf(await markReady(one.parts, bob, { idempotencyKey: again, orderId: id }))).toBe('NOT_ACCEPTED_YET');
    await accept(one, bob, id);
    expect(codeOf(await markReady(one.parts, bob, { idempotencyKey: again, orderId: id }))).toBe('done');
  });

  it.each([
    ['0 minutes', { readyInMinutes: 0 }],
    ['121 minutes', { readyInMinutes: 121 }],
    ['an empty key', { idempotencyKey: '' }],
    ['a key with a zero byte', { idempotencyKey: 'a\0b' }],
    ['a key without end', { idempotencyKey: 'k'.repeat(201) }],
  ])('refuse %s as invalid', async (_what, wrong) => {
    const orderId = await orderAtCafe(one);
    const input = { idempotencyKey: key(), orderId, readyInMinutes: 10, ...wrong };
    const outcome = await acceptOrder(one.parts, bob, input);
    expect(outcome).toMatchObject({ refused: { code: 'INVALID_INPUT', path: ['input', Object.keys(wrong)[0]] } });
    expect(await eventsOf(orderId)).toEqual(['DeliveryCreated']);
  });

  it('know nothing of an order that never came', async () => {
    for (const id of [randomUUID(), 'a\0b', '', 'x'.repeat(5000)]) {
      expect(codeOf(await accept(one, bob, id))).toBe('ORDER_NOT_FOUND');
    }
  });

  it('list a café by age and status, page by page', async () => {
    const cafeId = 'list-cafe';
    const staff: Caller = { kind: 'staff', id: 'bob', cafes: [cafeId] };
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await orderAtCafe(one, { cafeId }));
    await accept(one, staff, ids[1] ?? '');
    await accept(one, staff, ids[3] ?? '');
    const all = ['ORDER_GET', 'RECEIVED', 'READY'] as const;
    const page = async (after: number, status: readonly (typeof all)[number][]) =>
      one.parts.reads.list({ cafeId, status, after, limit: 3 });
    const first = await page(0, all);
    const second = await page(first.at(-1)?.place ?? 0, all);
    expect([...first, ...second].map(({ delivery }) => delivery.orderId)).toEqual(ids);
    expect((await page(0, ['RECEIVED'])).map(({ delivery }) => delivery.orderId)).toEqual([ids[1], ids[3]]);
    expect(await page(0, [])).toEqual([]);
    expect(await one.parts.reads.queueLengths([cafeId, 'nowhere'])).toEqual(new Map([[cafeId, 5]]));
  });

  it('write a line per change and wake the relay', async () => {
    const id = await orderAtCafe(one);
    const before = one.commits();
    await accept(one, bob, id);
    expect(one.commits()).toBe(before + 1);
    expect(one.lines.at(-1)).toMatchObject({ level: 'info', orderId: id, change: 'OrderReceived', version: 2 });
  });

  it('take the clock of the café into the events that books are made of', async () => {
    const id = await orderAtCafe(one);
    await accept(one, bob, id);
    await cancelByCafe(one.parts, bob, { idempotencyKey: key(), orderId: id, reason: 'none' });
    const rows = await database.query<{ data: unknown }>(
      `SELECT envelope->'data' AS data FROM outbox WHERE aggregate_id = $1 AND aggregate_version > 1 ORDER BY position`,
      [id],
    );
    expect(rows.map(({ data }) => data)).toEqual([
      expect.objectContaining({ ...seoul, total: 4000, queueNumber: expect.any(Number) as number, by: 'bob' }),
      expect.objectContaining({ ...seoul, total: 4000, reason: 'none', by: 'bob' }),
    ]);
  });
});
