import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNats, type Nats } from '@cafe-for-me/deploy/nats';
import { applyMigrations } from '@cafe-for-me/lib/migrate';
import { connectNats, ensureStream } from '@cafe-for-me/lib/streams';
import { createTestDatabase, type TestDatabase } from '@cafe-for-me/lib/testing/database';
import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import { STREAMS, subjectOf, type AnyEnvelope, type Envelope } from '@cafe-for-me/schema/events';
import { headers, type NatsConnection } from 'nats';
import { openDatabase } from '../adapters/postgres.ts';
import { cafesIn } from '../adapters/postgres-cafes.ts';
import { deliveriesOn, dueDeliveriesOn } from '../adapters/postgres-deliveries.ts';
import { readsOn } from '../adapters/postgres-reads.ts';
import { createApp } from '../app.ts';
import { receivePaidOrders } from '../application/receive-paid-orders.ts';

export const routerKey = 'a key that only tests and nobody else would use';
export const seoul = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };
const migrations = fileURLToPath(new URL('../../../../prisma/delivery/migrations', import.meta.url));

/** Noon in Seoul. */
export const noon = new Date('2020-05-14T03:00:00.000Z');
export const later = (minutes: number, from = noon): Date => new Date(from.getTime() + minutes * 60_000);

/** A migrated database of its own, with nothing in it. */
export async function startDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  await applyMigrations({ databaseUrl: database.url, directory: migrations, log: collectLog().log });
  return database;
}

/** What use cases need, over one pool of connections; the clock stands until it is moved. */
export function openStore(url: string, connections = 4) {
  const database = openDatabase(url, { connections });
  const { log, lines } = collectLog();
  const clock = { now: noon };
  const codes: string[] = [];
  let commits = 0;
  let made = 0;
  const parts = {
    now: () => clock.now,
    newId: randomUUID,
    // Distinct unless a test says which.
    newPickupCode: () => codes.shift() ?? `T${(made += 1)}`,
    committed: () => void (commits += 1),
    log,
    collectWithinMs: 3_600_000,
    deliveries: deliveriesOn(database),
    due: dueDeliveriesOn(database),
    reads: readsOn(database),
    cafes: cafesIn(database),
  };
  return { parts, clock, codes, lines, commits: () => commits, close: () => database.$disconnect() };
}

export type Store = ReturnType<typeof openStore>;

interface Order {
  readonly orderId: string;
  readonly cafeId: string;
  readonly customerId: string;
  readonly acceptBy: Date;
  readonly version: number;
}

/** A paid order of one iced americano. */
export function paymentCompleted(given: Partial<Order> = {}): Envelope<'PaymentCompleted'> {
  const { orderId = randomUUID(), cafeId = '92', customerId = 'alice', acceptBy = later(10), version = 2 } = given;
  return {
    ...head(orderId, version, cafeId),
    type: 'PaymentCompleted',
    data: {
      ...seoul,
      customerId,
      status: 'PLACED',
      lines: [{ product: 'IceAmericano', qty: 2, unitPrice: 2000 }],
      total: 4000,
      acceptBy: acceptBy.toISOString(),
      message: 'paid',
    },
  };
}

export function cancelRequested(orderId: string, version = 3): Envelope<'OrderCancelRequested'> {
  const data = { customerId: 'alice', status: 'CANCEL_REQUESTED', message: 'asked' } as const;
  return { ...head(orderId, version, '92'), type: 'OrderCancelRequested', data };
}

export function orderPlaced(orderId: string, cafeId = '92', customerId = 'alice'): Envelope<'OrderPlaced'> {
  const data = { customerId, status: 'PENDING_PAYMENT', lines: [], total: 0, message: 'placed' } as const;
  return { ...head(orderId, 1, cafeId), type: 'OrderPlaced', data };
}

function head(aggregateId: string, aggregateVersion: number, cafeId: string) {
  const occurredAt = noon.toISOString();
  return { id: randomUUID(), schemaVersion: 1, aggregateId, aggregateVersion, cafeId, occurredAt };
}

/** A paid order that has reached the café. @returns its id */
export async function orderAtCafe({ parts }: Pick<Store, 'parts'>, given: Partial<Order> = {}): Promise<string> {
  const event = paymentCompleted(given);
  await receivePaidOrders(parts, [event]);
  return event.aggregateId;
}

/** A broker of its own: the names of streams are fixed, so files that run side by side can't share one. */
export interface Broker {
  readonly nats: Nats;
  readonly connection: NatsConnection;
  /** Stores events in the order given; the same event again is stored again. */
  publish(...events: readonly AnyEnvelope[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startBroker(): Promise<Broker> {
  const nats = await startNats({ storeDir: await mkdtemp(join(tmpdir(), 'delivery-test-')), temporary: true });
  const connection = await connectNats({ url: nats.url, name: 'test', log: collectLog().log });
  const { name, subjects } = STREAMS.ORDERS;
  await ensureStream(connection, { name, subjects });
  return {
    nats,
    connection,
    async publish(...events) {
      const js = connection.jetstream();
      // All on their way at once; one connection keeps their order.
      await Promise.all(
        events.map((event) => js.publish(subjectOf(event), JSON.stringify(event), { headers: headers() })),
      );
    },
    async stop() {
      await connection.close();
      await nats.stop();
    },
  };
}

/** One replica of the service, with connections of its own. */
export async function startService(given: {
  databaseUrl: string;
  natsUrl: string;
  collectWithinMs?: number;
  now?: () => Date;
}) {
  const { log, lines } = collectLog();
  const nats = connectNats({ url: given.natsUrl, name: 'test', log });
  let connected: NatsConnection | undefined;
  void nats.then((connection) => (connected = connection));
  const database = openDatabase(given.databaseUrl);
  const app = createApp({
    database,
    databaseUrl: given.databaseUrl,
    nats,
    routerKey,
    host: '127.0.0.1',
    port: 0,
    collectWithinMs: given.collectWithinMs ?? 3_600_000,
    log,
    ...(given.now && { now: given.now }),
  });
  const { url } = await app.start();
  return {
    url,
    lines,
    consumer: app.consumer,
    async stop() {
      await app.drain();
      await database.$disconnect();
      await connected?.close();
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;
