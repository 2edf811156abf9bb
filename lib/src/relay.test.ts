import type { NatsConnection } from 'nats';
import pg from 'pg';
import { pino } from 'pino';
import type { EventEnvelope } from './events.ts';
import { outboxJson } from './outbox.ts';
import { createRelay } from './relay.ts';
import type { Relay, RelayOptions } from './relay.ts';
import { connectNats } from './streams.ts';
import { createTestStream, silentLog } from './testing/broker.ts';
import type { TestStream } from './testing/broker.ts';
import { createTestDatabase } from './testing/database.ts';
import type { TestDatabase } from './testing/database.ts';
import { testEvent } from './testing/events.ts';
import { createProxy } from './testing/proxy.ts';
import { until } from './testing/until.ts';

let stream: TestStream;
let db: TestDatabase;
let relays: Relay[];
let connections: NatsConnection[];

beforeEach(async () => {
  [stream, db] = await Promise.all([createTestStream(), createTestDatabase()]);
  relays = [];
  connections = [];
});

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.drain()));
  await Promise.all(connections.map((connection) => connection.close()));
  await Promise.all([stream.remove(), db.drop()]);
});

async function startRelay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = createRelay({ databaseUrl: db.url, nats: stream.nc, log: silentLog, service: 'shop', ...options });
  relays.push(relay);
  await relay.start();
  return relay;
}

async function append(events: readonly EventEnvelope[], client: Pick<pg.ClientBase, 'query'> = db.pool): Promise<void> {
  await client.query('SELECT outbox_append($1::jsonb)', [outboxJson(events, () => stream.subject)]);
}

const unpublished = async (): Promise<number> => (await db.query('SELECT 1 FROM outbox_unpublished')).length;
const allPublished = (): Promise<true> => until(async () => (await unpublished()) === 0);

async function inStream(): Promise<EventEnvelope[]> {
  const manager = await stream.nc.jetstreamManager();
  const { state } = await manager.streams.info(stream.name);
  const events: EventEnvelope[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    events.push((await manager.streams.getMessage(stream.name, { seq })).json<EventEnvelope>());
  }
  return events;
}

describe('createRelay', () => {
  it('publishes what is in the outbox, each aggregate in order, and stores where the broker put it', async () => {
    const events = Array.from({ length: 300 }, (_, place) =>
      testEvent(`a${place % 5}`, Math.floor(place / 5) + 1, { place }),
    );
    await append(events);
    const relay = await startRelay({ inFlight: 64 });
    await allPublished();
    await append([testEvent('late', 1)]);
    relay.wake();
    await allPublished();

    const stored = await inStream();
    expect(stored).toHaveLength(301);
    for (const aggregateId of ['a0', 'a1', 'a2', 'a3', 'a4']) {
      const of = (list: EventEnvelope[]): EventEnvelope[] => list.filter((event) => event.aggregateId === aggregateId);
      expect(of(stored)).toEqual(of(events));
    }
    const rows = await db.query<{ event_id: string; stream: string; stream_sequence: string }>(
      'SELECT event_id, stream, stream_sequence FROM outbox JOIN outbox_published USING (position)',
    );
    expect(rows).toHaveLength(301);
    for (const row of rows) {
      expect(row.stream).toBe(stream.name);
      expect(stored[Number(row.stream_sequence) - 1]?.id).toBe(row.event_id);
    }
  });

  it('publishes a row with a lower position that is committed late', async () => {
    await startRelay();
    const slow = new pg.Client({ connectionString: db.url });
    await slow.connect();
    await slow.query('BEGIN');
    await append([testEvent('slow', 1)], slow);
    await append([testEvent('fast', 1)]);
    await until(async () => (await inStream()).length === 1);

    await slow.query('COMMIT');
    await slow.end();
    await until(async () => (await inStream()).length === 2);

    expect((await inStream()).map((event) => event.aggregateId)).toEqual(['fast', 'slow']);
  });

  it('leaves the work to one of two relays, and the other one takes over and is woken by its own process', async () => {
    const first = await startRelay();
    await append([testEvent('a', 1)]);
    await allPublished();
    const second = await startRelay();
    await append([testEvent('a', 2)]);
    second.wake();
    await allPublished();

    await first.drain();
    await append([testEvent('a', 3)]);
    second.wake();
    await allPublished();

    expect((await inStream()).map((event) => event.aggregateVersion)).toEqual([1, 2, 3]);
  });

  it('keeps events while the broker is away, with one warning, and publishes them in order when it is back', async () => {
    const warnings: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
    const proxy = await createProxy(stream.url);
    const nats = await connectNats({ url: proxy.url, name: 'relay-test', log });
    connections.push(nats);
    const relay = await startRelay({ nats, log });
    await append([testEvent('a', 1)]);
    relay.wake();
    await allPublished();

    await proxy.cut();
    await append([testEvent('a', 2), testEvent('a', 3)]);
    relay.wake();
    await until(() => warnings.length > 0);
    expect(await unpublished()).toBe(2);

    await proxy.restore();
    await allPublished();
    expect((await inStream()).map((event) => event.aggregateVersion)).toEqual([1, 2, 3]);
    expect(warnings.length).toBeLessThanOrEqual(2);
    await proxy.close();
  });

  it('is woken from its database, and goes on after it lost it', async () => {
    const proxy = await createProxy(db.url);
    const relay = await startRelay({ databaseUrl: proxy.url });
    await append([testEvent('a', 1)]);
    await allPublished();

    await proxy.cut();
    await append([testEvent('a', 2)]);
    relay.wake();
    await proxy.restore();
    await allPublished();
    await db.killSessions('shop-relay');
    await append([testEvent('a', 3)]);
    await allPublished();

    expect((await inStream()).map((event) => event.aggregateVersion)).toEqual([1, 2, 3]);
    await proxy.close();
  });

  it('holds back only the aggregate whose event the broker does not take', async () => {
    const refused = [testEvent('big', 1), testEvent('big', 2)];
    await db.query('SELECT outbox_append($1::jsonb)', [outboxJson(refused, () => 'nobody.listens')]);
    await append([testEvent('a', 1), testEvent('a', 2)]);
    await startRelay();
    await until(async () => (await unpublished()) === 2);

    await db.query('UPDATE outbox SET subject = $1 WHERE position IN (SELECT position FROM outbox_unpublished)', [
      stream.subject,
    ]);
    await allPublished();

    const versions = (await inStream())
      .filter((event) => event.aggregateId === 'big')
      .map((event) => event.aggregateVersion);
    expect(versions).toEqual([1, 2]);
  });

  it('makes the stream it was given before there is anything to publish', async () => {
    const manager = await stream.nc.jetstreamManager();
    await manager.streams.delete(stream.name);
    await startRelay({ stream: { name: stream.name, subjects: stream.subjects } });
    const made = await until(() => manager.streams.info(stream.name).catch(() => undefined));
    expect(made.state.messages).toBe(0);
  });

  it('makes the stream it was given, and again after the broker lost it', async () => {
    const manager = await stream.nc.jetstreamManager();
    await manager.streams.delete(stream.name);
    const relay = await startRelay({ stream: { name: stream.name, subjects: stream.subjects } });
    await append([testEvent('a', 1)]);
    relay.wake();
    await allPublished();

    await manager.streams.delete(stream.name);
    await append([testEvent('a', 2)]);
    relay.wake();
    await allPublished();

    expect((await inStream()).map((event) => event.aggregateVersion)).toEqual([2]);
  });

  it('publishes what is there before it ends', async () => {
    const relay = await startRelay();
    await append([testEvent('a', 1)]);
    await allPublished();
    await append([testEvent('a', 2)]);
    await relay.drain();

    expect(await unpublished()).toBe(0);
  });

  it('starts and drains with neither broker nor database', async () => {
    const relay = await startRelay({
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
      nats: new Promise<NatsConnection>(() => undefined),
    });
    await relay.drain();
  });
});

describe('outbox_append', () => {
  it('appends only when the row was changed and says how many', async () => {
    const json = outboxJson([testEvent('a', 1), testEvent('a', 2)], () => 'x.y');
    const append = (condition: boolean): Promise<{ appended: string }[]> =>
      db.query(`WITH changed AS (SELECT 1 WHERE $1) SELECT outbox_append($2::jsonb) AS appended FROM changed`, [
        condition,
        json,
      ]);

    expect(await append(false)).toEqual([]);
    expect(await append(true)).toEqual([{ appended: '2' }]);
    await expect(append(true)).rejects.toThrow('duplicate key');
  });
});
