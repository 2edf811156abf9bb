/** The whole service in this process, over a real database, broker and simulators. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { startNats } from '@cafe-for-me/deploy/nats';
import { identityHeader, signIdentity } from '@cafe-for-me/lib/router-identity';
import { connectNats, ensureStream } from '@cafe-for-me/lib/streams';
import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import { STREAMS, subjectOf, type AnyEnvelope, type Envelope } from '@cafe-for-me/schema/events';
import { createClient } from 'graphql-ws';
import type { NatsConnection } from 'nats';
import { WebSocket } from 'ws';
import { createPayment } from '../adapters/payment.ts';
import { openPostgres } from '../adapters/postgres.ts';
import { createSms } from '../adapters/sms.ts';
import { createApp } from '../app.ts';
import { acceptWithinMs } from './fixtures.ts';

export const routerKey = 'a key that only tests and nobody else would use';

/** A broker of its own: the names of streams are fixed, so files that run side by side can't share one. */
export async function startBroker(port?: number) {
  const storeDir = await mkdtemp(join(tmpdir(), 'customer-test-'));
  const nats = await startNats({ storeDir, temporary: true, ...(port !== undefined && { port }) });
  const connection = await connectNats({ url: nats.url, name: 'test', log: collectLog().log });
  await ensureStream(connection, STREAMS.DELIVERIES);
  return {
    nats,
    connection,
    /** Says what delivery would say. */
    async publish<Name extends AnyEnvelope['type']>(
      type: Name,
      aggregateId: string,
      version: number,
      data: Envelope<Name>['data'],
    ) {
      const head = { id: randomUUID(), schemaVersion: 1, aggregateVersion: version, cafeId: '92' };
      const event = { ...head, aggregateId, type, occurredAt: new Date().toISOString(), data };
      await connection.jetstream().publish(subjectOf(event), JSON.stringify(event));
    },
    async stop() {
      await connection.close();
      await nats.stop();
    },
  };
}

/** One replica of the service. */
export async function startService(given: {
  databaseUrl: string;
  natsUrl: string;
  paymentUrl: string;
  smsUrl: string;
}) {
  const { log, lines } = collectLog();
  const postgres = openPostgres(given.databaseUrl, { connections: 5 });
  const nats = connectNats({ url: given.natsUrl, name: 'test', log });
  let connected: NatsConnection | undefined;
  void nats.then((connection) => (connected = connection));
  const payment = createPayment({ url: given.paymentUrl, timeoutMs: 2_000, log });
  const sms = createSms({ url: given.smsUrl, log });
  const app = createApp({
    postgres,
    databaseUrl: given.databaseUrl,
    nats,
    payment,
    sms,
    log,
    routerKey,
    host: '127.0.0.1',
    port: 0,
    paymentTimeoutMs: 2_000,
    acceptWithinMs,
    sweepAfterMs: 500,
    smsEveryMs: 20,
  });
  const { url } = await app.start();
  return {
    url,
    nats,
    lines,
    isReady: async () => (await fetch(url.replace('/graphql', '/health/ready'))).ok,
    async stop() {
      await app.drain();
      await Promise.all([payment.close(), sms.close(), postgres.close()]);
      await connected?.close();
    },
  };
}

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** A caller as the router passes it on; null claims for nobody. */
export async function callerAt(url: string, claims: Record<string, unknown> | null) {
  const identity = await signIdentity(routerKey, claims);
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { [identityHeader]: identity },
  });
  return {
    async ask(query: string, variables: object = {}): Promise<Answer> {
      const headers = { 'content-type': 'application/json', [identityHeader]: identity };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return (await response.json()) as Answer;
    },
    watch: (query: string, variables: Record<string, unknown> = {}) =>
      client.iterate({ query, variables, extensions: { identity, requestId: 'watch' } }),
    close: () => client.dispose(),
  };
}
