import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNats, type Nats } from '@cafe-for-me/deploy/nats';
import { applyMigrations } from '@cafe-for-me/lib/migrate';
import { connectNats, ensureStream } from '@cafe-for-me/lib/streams';
import { createTestDatabase, type TestDatabase } from '@cafe-for-me/lib/testing/database';
import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import { STREAMS, subjectOf, type AnyEnvelope } from '@cafe-for-me/schema/events';
import { createHeadquartersSimulator } from '@cafe-for-me/simulators/headquarters';
import { headers, type NatsConnection } from 'nats';
import { createHeadquarters } from '../adapters/headquarters.ts';
import { createApp, type Parts } from '../app.ts';

export const routerKey = 'a key that only tests and nobody else would use';
const migrations = fileURLToPath(new URL('../../../../prisma/accounting/migrations', import.meta.url));

/** A broker with the other services' streams: names of streams are fixed, so each test file has a server of its own. */
export interface Broker {
  readonly nats: Nats;
  readonly connection: NatsConnection;
  /** Stores events in the order given; the same event again is stored again. */
  publish(...events: readonly AnyEnvelope[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param port @default a free one */
export async function startBroker(port?: number): Promise<Broker> {
  const storeDir = await mkdtemp(join(tmpdir(), 'accounting-test-'));
  const nats = await startNats({ storeDir, temporary: true, ...(port === undefined ? {} : { port }) });
  const connection = await connectNats({ url: nats.url, name: 'test', log: collectLog().log });
  for (const { name, subjects } of [STREAMS.ORDERS, STREAMS.DELIVERIES])
    await ensureStream(connection, { name, subjects });
  return {
    nats,
    connection,
    async publish(...events) {
      // All on their way at once; one connection keeps their order.
      const js = connection.jetstream();
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

/** A migrated database of its own. */
export async function startDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  await applyMigrations({ databaseUrl: database.url, directory: migrations, log: collectLog().log });
  return database;
}

export interface ReceivedTransfer {
  readonly cafeId: string;
  readonly businessDate: string;
  readonly revision: number;
  readonly salesSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
  readonly accepted: boolean;
}

/** The real simulator, in this process. */
export async function startHeadquarters(port = 0) {
  const server = await createHeadquartersSimulator().start(port);
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(server.url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    ...server,
    knobs: (knobs: Record<string, unknown>) => ask('PUT', '/knobs', knobs),
    book: () => ask('GET', '/book') as Promise<{ transfers: ReceivedTransfer[]; current: ReceivedTransfer[] }>,
    reset: () => ask('POST', '/reset'),
  };
}

/** One replica of the service, with a connection of its own to the broker. */
export async function startService(given: {
  database: TestDatabase;
  natsUrl: string;
  headquartersUrl: string;
  timeoutMs?: number;
  breaker?: { threshold: number; halfOpenAfterMs: number };
  parts?: Partial<Parts>;
}) {
  const { log, lines } = collectLog();
  const nats = connectNats({ url: given.natsUrl, name: `test-${randomBytes(3).toString('hex')}`, log });
  let connected: NatsConnection | undefined;
  void nats.then((connection) => (connected = connection));
  const headquarters = createHeadquarters({
    url: given.headquartersUrl,
    timeoutMs: given.timeoutMs ?? 500,
    breaker: given.breaker ?? { threshold: 1_000_000, halfOpenAfterMs: 50 },
    log,
  });
  const app = createApp({
    databaseUrl: given.database.url,
    nats,
    headquarters,
    routerKey,
    host: '127.0.0.1',
    port: 0,
    log,
    sender: { every: 50, lease: 5_000, retry: { base: 20, max: 40 } },
    ...given.parts,
  });
  const { url, port } = await app.start();
  return {
    url,
    port,
    lines,
    async stop() {
      await app.drain();
      await headquarters.close();
      await connected?.close();
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;
