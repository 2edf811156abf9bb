import { createApplier } from './consumer-apply.ts';
import type { Applier } from './consumer-apply.ts';
import { createConsumer } from './consumer.ts';
import type { Consumer, ConsumerOptions, Database, SqlClient } from './consumer.ts';
import { listDeadLetters, retryDeadLetters } from './dead-letters.ts';
import type { EventEnvelope } from './events.ts';
import { createTestStream, silentLog } from './testing/broker.ts';
import type { TestStream } from './testing/broker.ts';
import { createTestDatabase } from './testing/database.ts';
import type { TestDatabase } from './testing/database.ts';
import { publishEvents, testEvent } from './testing/events.ts';
import { collectLog } from './testing/log-lines.ts';
import { until } from './testing/until.ts';

let stream: TestStream;
let db: TestDatabase;
let running: Consumer[];

beforeEach(async () => {
  [stream, db] = await Promise.all([createTestStream(), createTestDatabase()]);
  await db.query('CREATE TABLE effect (place BIGSERIAL, aggregate_id TEXT, version INT)');
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((consumer) => consumer.drain()));
  await Promise.all([stream.remove(), db.drop()]);
});

async function note(event: EventEnvelope, tx: SqlClient): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO effect (aggregate_id, version) VALUES ($1, $2)',
    event.aggregateId,
    event.aggregateVersion,
  );
}

async function startConsumer(options: Partial<ConsumerOptions<SqlClient>> = {}): Promise<Consumer> {
  const consumer = createConsumer<SqlClient>({
    nats: stream.nc,
    stream: stream.name,
    service: 'books',
    database: db.database,
    handle: note,
    log: silentLog,
    ...options,
  });
  running.push(consumer);
  await consumer.start();
  return consumer;
}

/** The versions that took effect, in order, by aggregate. */
async function effects(aggregateId: string): Promise<number[]> {
  const rows = await db.query<{ version: number }>(
    'SELECT version FROM effect WHERE aggregate_id = $1 ORDER BY place',
    [aggregateId],
  );
  return rows.map((row) => row.version);
}

const caughtUp = (consumer: Consumer): Promise<true> => until(async () => (await consumer.pending()) === 0);
const parkedCount = async (): Promise<number> => (await db.query('SELECT 1 FROM parked_event')).length;

describe('createConsumer', () => {
  it('applies an event that is delivered twice once', async () => {
    const event = testEvent('a', 1);
    await publishEvents(stream.nc, stream.subject, [event, event, testEvent('a', 2), event]);

    await caughtUp(await startConsumer());

    expect(await effects('a')).toEqual([1, 2]);
  });

  it('parks events that come early and applies them in their order when the missing one comes', async () => {
    const consumer = await startConsumer();
    await publishEvents(stream.nc, stream.subject, [testEvent('a', 3), testEvent('b', 1), testEvent('a', 2)]);
    await caughtUp(consumer);
    expect(await effects('a')).toEqual([]);
    expect(await effects('b')).toEqual([1]);
    expect(await parkedCount()).toBe(2);

    await publishEvents(stream.nc, stream.subject, [testEvent('a', 1)]);
    await caughtUp(consumer);

    expect(await effects('a')).toEqual([1, 2, 3]);
    expect(await parkedCount()).toBe(0);
  });

  it('sorts events within a batch', async () => {
    await publishEvents(
      stream.nc,
      stream.subject,
      [3, 1, 4, 2].map((version) => testEvent('a', version)),
    );

    await caughtUp(await startConsumer());

    expect(await effects('a')).toEqual([1, 2, 3, 4]);
    expect(await parkedCount()).toBe(0);
  });

  it('dead-letters a poison event, lets other aggregates go on, and applies it with its successors after a fix', async () => {
    let fixed = false;
    const poison = testEvent('a', 2);
    const events = [
      testEvent('a', 1),
      testEvent('b', 1),
      poison,
      testEvent('a', 3),
      testEvent('b', 2),
      testEvent('c', 1),
    ];
    await publishEvents(stream.nc, stream.subject, events);
    const consumer = await startConsumer({
      maxTries: 3,
      handle: async (event, tx) => {
        await note(event, tx);
        if (event.id === poison.id && !fixed) throw new Error('cannot read this\0');
      },
    });
    const [letter] = await until(async () => {
      const letters = await listDeadLetters(db.client);
      return letters.some((one) => one.retryAt === null) && letters;
    });

    expect(letter).toMatchObject({ eventId: poison.id, aggregateId: 'a', version: 2, tries: 3, envelope: poison });
    expect(letter?.error).toContain('cannot read this');
    await caughtUp(consumer);
    expect(await effects('a')).toEqual([1]);
    expect(await effects('b')).toEqual([1, 2]);
    expect(await effects('c')).toEqual([1]);

    fixed = true;
    expect(await retryDeadLetters(db.client, [poison.id])).toBe(1);
    await until(async () => (await effects('a')).length === 3);

    expect(await effects('a')).toEqual([1, 2, 3]);
    expect(await listDeadLetters(db.client)).toEqual([]);
    expect(await parkedCount()).toBe(0);
  });

  it('counts an error of a parked event against that event, not against the one it waited for', async () => {
    const poison = testEvent('a', 2);
    await publishEvents(stream.nc, stream.subject, [poison, testEvent('a', 3), testEvent('a', 1)]);
    await startConsumer({
      maxTries: 2,
      handle: async (event, tx) => {
        if (event.id === poison.id) throw new Error('no');
        await note(event, tx);
      },
    });

    const letters = await until(async () => {
      const all = await listDeadLetters(db.client);
      return all.some((one) => one.retryAt === null) && all;
    });

    expect(letters.map((letter) => letter.eventId)).toEqual([poison.id]);
    expect(await effects('a')).toEqual([1]);
    expect(await parkedCount()).toBe(1);
  });

  it('sets a poison event apart and applies the others of its batch together', async () => {
    const events = Array.from({ length: 100 }, (_, place) => testEvent(`a${place}`, 1));
    const poison = events[50];
    const transactions = new Set<SqlClient>();
    await publishEvents(stream.nc, stream.subject, events);
    const consumer = await startConsumer({
      maxTries: 1,
      handle: async (event, tx) => {
        transactions.add(tx);
        await note(event, tx);
        if (event.id === poison?.id) throw new Error('no');
      },
    });
    await caughtUp(consumer);

    expect((await db.query('SELECT 1 FROM effect')).length).toBe(99);
    expect((await listDeadLetters(db.client)).map(({ eventId }) => eventId)).toEqual([poison?.id]);
    expect(transactions.size).toBeLessThan(50);
  });

  it('keeps a letter that fails again after a retry', async () => {
    await publishEvents(stream.nc, stream.subject, [testEvent('a', 1)]);
    await startConsumer({
      maxTries: 1,
      handle: () => {
        throw new Error('no');
      },
    });
    await until(async () => (await listDeadLetters(db.client)).length === 1);

    await retryDeadLetters(db.client, 'all');

    const [letter] = await until(async () => {
      const letters = await listDeadLetters(db.client);
      return letters[0]?.tries === 2 && letters;
    });
    expect(letter?.retryAt).toBeNull();
  });

  it('lists a message that is no event and goes on', async () => {
    await stream.nc.jetstream().publish(stream.subject, 'not JSON');
    await publishEvents(stream.nc, stream.subject, [testEvent('a', 1)]);

    await caughtUp(await startConsumer());

    expect(await effects('a')).toEqual([1]);
    const [letter] = await listDeadLetters(db.client);
    expect(letter?.error).toContain('not JSON');
    expect(letter?.retryAt).toBeNull();
  });

  it('has an event delivered again, without a partial effect or a counted try, when the database is lost in a handler', async () => {
    let losses = 0;
    await publishEvents(stream.nc, stream.subject, [testEvent('a', 1), testEvent('a', 2)]);
    const consumer = await startConsumer({
      maxTries: 1,
      handle: async (event, tx) => {
        await note(event, tx);
        if (event.aggregateVersion === 2 && losses++ < 3) await db.killSessions();
        await note({ ...event, aggregateId: 'copy' }, tx);
      },
    });

    await until(async () => (await effects('a').catch(() => [])).length === 2);
    await caughtUp(consumer);

    expect(losses).toBeGreaterThanOrEqual(3);
    expect(await effects('a')).toEqual([1, 2]);
    expect(await effects('copy')).toEqual([1, 2]);
    expect(await listDeadLetters(db.client)).toEqual([]);
  });

  it('applies each event once when two replicas share the work', async () => {
    const events = Array.from({ length: 400 }, (_, place) => testEvent(`a${place % 7}`, Math.floor(place / 7) + 1));
    const first = await startConsumer({ batch: 10 });
    await startConsumer({ batch: 10 });
    await publishEvents(stream.nc, stream.subject, events);

    await until(async () => (await db.query('SELECT 1 FROM effect')).length >= events.length);
    await caughtUp(first);

    for (const place of [0, 1, 2, 3, 4, 5, 6]) {
      const own = events.filter((event) => event.aggregateId === `a${place}`).map((event) => event.aggregateVersion);
      expect(await effects(`a${place}`)).toEqual(own);
    }
    expect(await parkedCount()).toBe(0);
  });

  it('begins again when another replica applies the first event of the same aggregates meanwhile', async () => {
    const events = ['a', 'b', 'c'].map((aggregateId) => testEvent(aggregateId, 1));
    const consumer = `books-${stream.name}`;
    let handled = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let entered: () => void = () => undefined;
    const bothEntered = new Promise<void>((resolve) => (entered = resolve));
    const replica = (): Applier =>
      createApplier<SqlClient>({
        consumer,
        database: db.database,
        // Both have looked for the gates, and found none, before either stores one.
        async handle(event, tx) {
          await note(event, tx);
          if (++handled === 2) entered();
          await released;
        },
        maxTries: 1,
        versions: 'gapless',
        log: silentLog,
      });
    const both = [replica(), replica()].map((applier, place) =>
      applier.applyTogether(place === 0 ? events : events.toReversed(), () => undefined),
    );
    await bothEntered;
    release();

    expect((await Promise.all(both)).toSorted((one, other) => one - other)).toEqual([0, 3]);
    for (const { aggregateId } of events) expect(await effects(aggregateId)).toEqual([1]);
  });

  it('applies the parked event that another replica met the missing gate with', async () => {
    const consumer = `books-${stream.name}`;
    const second = testEvent('a', 2);
    let interfere = async (): Promise<void> => {
      interfere = () => Promise.resolve();
      await applier.applyTogether([second], () => undefined);
    };
    const applier: Applier = createApplier<SqlClient>({
      consumer,
      database: db.database,
      async handle(event, tx) {
        await note(event, tx);
        await interfere();
      },
      maxTries: 1,
      versions: 'gapless',
      log: silentLog,
    });

    expect(await applier.applyTogether([testEvent('a', 1)], () => undefined)).toBe(2);
    expect(await effects('a')).toEqual([1, 2]);
    expect(await parkedCount()).toBe(0);
  });

  it('reads one subject alone and passes over what is not above the last version', async () => {
    const consumer = await startConsumer({ filterSubject: `${stream.name}.paid`, versions: 'increasing' });
    await publishEvents(stream.nc, `${stream.name}.placed`, [testEvent('a', 1), testEvent('b', 1)]);
    const paid = [testEvent('a', 2), testEvent('b', 3), testEvent('a', 2), testEvent('b', 2), testEvent('a', 7)];
    await publishEvents(stream.nc, `${stream.name}.paid`, paid);
    await until(async () => (await effects('a')).length === 2);
    await caughtUp(consumer);

    expect(await effects('a')).toEqual([2, 7]);
    expect(await effects('b')).toEqual([3]);
    expect(await parkedCount()).toBe(0);
  });

  it('reads all of history again for a new, empty database and removes the durable of the old one', async () => {
    await publishEvents(stream.nc, stream.subject, [testEvent('a', 1), testEvent('a', 2)]);
    const old = await startConsumer();
    await caughtUp(old);
    await old.drain();
    const oldDb = db;
    db = await createTestDatabase();
    await oldDb.drop();
    await db.query('CREATE TABLE effect (place BIGSERIAL, aggregate_id TEXT, version INT)');

    await caughtUp(await startConsumer());

    expect(await effects('a')).toEqual([1, 2]);
    const manager = await stream.nc.jetstreamManager();
    expect(await manager.consumers.list(stream.name).next()).toHaveLength(1);
  });

  it('begins when its stream is made later, and heals when the broker loses consumer or stream', async () => {
    const manager = await stream.nc.jetstreamManager();
    await manager.streams.delete(stream.name);
    const { log, lines } = collectLog();
    const consumer = await startConsumer({ log });
    await until(() => lines.length > 0);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', msg: 'the consumer waits for its stream, which is not there yet' }),
    ]);
    expect(await consumer.hasStream()).toBe(false);
    const add = (): Promise<unknown> => manager.streams.add({ name: stream.name, subjects: [...stream.subjects] });
    const events = [1, 2, 3].map((version) => testEvent('a', version));

    await add();
    await publishEvents(stream.nc, stream.subject, events.slice(0, 1));
    await until(async () => (await effects('a')).length === 1);

    const [durable] = await manager.consumers.list(stream.name).next();
    await manager.consumers.delete(stream.name, durable?.name ?? '');
    await publishEvents(stream.nc, stream.subject, events.slice(1, 2));
    await until(async () => (await effects('a')).length === 2);

    await manager.streams.delete(stream.name);
    await add();
    await publishEvents(stream.nc, stream.subject, events);
    await until(async () => (await effects('a')).length === 3);

    await caughtUp(consumer);
    expect(await effects('a')).toEqual([1, 2, 3]);
    expect(await consumer.hasStream()).toBe(true);
  });

  it('applies in smaller transactions when the database cannot take a whole batch', async () => {
    const events = Array.from({ length: 20 }, (_, place) => testEvent('a', place + 1));
    await publishEvents(stream.nc, stream.subject, events);
    const impatient: Database<SqlClient> = {
      async transaction(work) {
        let handled = 0;
        return db.database.transaction((tx) =>
          work({
            ...tx,
            $executeRawUnsafe: (sql, ...values) => {
              if (sql.includes('INTO effect') && ++handled > 3) {
                throw Object.assign(new Error('Transaction already closed'), { code: 'P2028' });
              }
              return tx.$executeRawUnsafe(sql, ...values);
            },
          }),
        );
      },
    };

    await caughtUp(await startConsumer({ database: impatient, maxTries: 1 }));

    expect(await effects('a')).toEqual(events.map((event) => event.aggregateVersion));
    expect(await listDeadLetters(db.client)).toEqual([]);
  });

  it('gives back what it holds when it drains', async () => {
    const events = Array.from({ length: 50 }, (_, place) => testEvent('a', place + 1));
    let entered: () => void = () => undefined;
    const firstEntered = new Promise<void>((resolve) => (entered = resolve));
    const first = await startConsumer({
      batch: 1,
      handle: async (event, tx) => {
        entered();
        await note(event, tx);
      },
    });
    await publishEvents(stream.nc, stream.subject, events);
    await firstEntered;
    await first.drain();

    await startConsumer();
    await until(async () => (await effects('a')).length === events.length);

    expect(await effects('a')).toEqual(events.map((event) => event.aggregateVersion));
  });
});
