import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { createConsumer } from '@cafe-for-me/lib/consumer';
import { createFeed } from '@cafe-for-me/lib/feed';
import { outboxFeedStore } from '@cafe-for-me/lib/feed-store';
import { currentContext, type Logger } from '@cafe-for-me/lib/log';
import { showMessaging } from '@cafe-for-me/lib/messaging-metrics';
import type { Metrics } from '@cafe-for-me/lib/metrics';
import { createRelay } from '@cafe-for-me/lib/relay';
import type { Nats } from '@cafe-for-me/lib/streams';
import { createSubgraphServer } from '@cafe-for-me/lib/subgraph-server';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { backoff, createWorker } from '@cafe-for-me/lib/worker';
import { STREAMS } from '@cafe-for-me/schema/events';
import { createDeliveriesHandler } from './adapters/deliveries.ts';
import { createContext } from './adapters/graphql-context.ts';
import { createResolvers } from './adapters/graphql.ts';
import { createLiveOrders } from './adapters/live-orders.ts';
import { createMenus } from './adapters/menus.ts';
import { createOrderReads } from './adapters/order-reads.ts';
import { createOrderStore } from './adapters/order-store.ts';
import { createPaymentQueue } from './adapters/payment-queue.ts';
import type { Postgres } from './adapters/postgres.ts';
import { createSmsQueue } from './adapters/sms-queue.ts';
import { catchUp } from './catch-up.ts';
import { feedKeysOf } from './application/live-orders.ts';
import { createPlaceOrder } from './application/place-order.ts';
import type { DuePayment, DueSms, Payment, SmsProvider, World } from './application/ports.ts';
import { createRequestCancel } from './application/request-cancel.ts';
import { createSendSms } from './application/send-sms.ts';
import { createWorkPayments } from './application/work-payments.ts';

export interface AppParts {
  readonly postgres: Postgres;
  /** For the relay's own connection. */
  readonly databaseUrl: string;
  readonly nats: Nats;
  readonly payment: Payment;
  readonly sms: SmsProvider;
  readonly log: Logger;
  readonly routerKey: string;
  readonly host: string;
  readonly port: number;
  readonly paymentTimeoutMs: number;
  readonly acceptWithinMs: number;
  readonly sweepAfterMs: number;
  /** @default the system's */
  readonly now?: () => Date;
  /** How often the outbox of SMS is looked at, in ms; an SMS is that late at most. @default 200 */
  readonly smsEveryMs?: number;
  readonly tracer?: Tracer | undefined;
  readonly metrics?: Metrics | undefined;
}

export interface App {
  /** @returns the address of the GraphQL endpoint */
  start(): Promise<{ url: string; port: number }>;
  /** Ends in order: no new requests, then what is under way, then what they left to publish. */
  drain(): Promise<void>;
}

const service = 'customer';
const typeDefs = readFileSync(new URL('../../../schema/customer.graphql', import.meta.url), 'utf8');

/** SMS that one job sends side by side and stores in one statement. */
const SMS_BATCH = 100;
const SMS_LEASE_MS = 20_000;
const PAYMENT_CONCURRENCY = 8;

/** Wires the service: everything it talks to comes in, nothing is looked up. */
export function createApp(parts: AppParts): App {
  const {
    postgres,
    nats,
    payment,
    log,
    tracer,
    metrics,
    paymentTimeoutMs,
    acceptWithinMs,
    sweepAfterMs,
    now = () => new Date(),
  } = parts;
  const world: World = {
    now,
    newId: randomUUID,
    traceparent: () => currentContext()['traceparent'] as string | undefined,
    log: (fields, message) => log.info(fields, message),
  };
  const inFuture = (ms: number): Date => new Date(now().getTime() + ms);

  const relay = createRelay({ databaseUrl: parts.databaseUrl, nats, log, service, stream: STREAMS.ORDERS, tracer });
  const orders = createOrderStore(postgres.client, relay.wake);
  const queue = createPaymentQueue(postgres.client);
  const reads = createOrderReads(postgres);
  const menus = createMenus(postgres);
  const settling = { orders, queue, world, acceptWithinMs };

  const placeOrder = createPlaceOrder({
    ...settling,
    menus: createMenus(postgres),
    payment,
    paymentTimeoutMs,
    sweepAfterMs,
  });
  const requestCancel = createRequestCancel({ orders, world });

  const payments = createWorker<DuePayment>({
    name: 'payments',
    every: 500,
    concurrency: PAYMENT_CONCURRENCY,
    // A job makes two calls at most.
    take: (limit) => queue.take(limit, now(), inFuture(2 * paymentTimeoutMs + 2_000)),
    run: createWorkPayments({
      ...settling,
      payment,
      pauseAfter: (attempt) => backoff(attempt, { base: 500, max: 30_000 }),
    }),
    log,
  });

  const smsQueue = createSmsQueue(postgres.client);
  const smsWorker = createWorker<readonly DueSms[]>({
    name: 'sms',
    every: parts.smsEveryMs ?? 200,
    concurrency: 2,
    async take(limit) {
      const due = await smsQueue.take(limit * SMS_BATCH, now(), inFuture(SMS_LEASE_MS));
      return Array.from({ length: Math.ceil(due.length / SMS_BATCH) }, (_, index) =>
        due.slice(index * SMS_BATCH, (index + 1) * SMS_BATCH),
      );
    },
    run: createSendSms({
      queue: smsQueue,
      provider: parts.sms,
      world,
      pauseAfter: (attempt) => backoff(attempt, { base: 500, max: 10_000 }),
    }),
    log,
  });

  const deliveries = createConsumer({
    nats,
    stream: STREAMS.DELIVERIES.name,
    service,
    database: postgres,
    handle: createDeliveriesHandler(world, log),
    log,
    tracer,
    onApplied: function afterDeliveries() {
      relay.wake();
      payments.wake();
    },
  });
  const menuReplica = catchUp(
    async function lookAtDeliveries() {
      if (!(await deliveries.hasStream())) return 'no stream';
      // A stream without events has none left either: there must be a café too.
      return (await deliveries.pending()) === 0 && (await menus.hasCafe()) ? 'caught up' : 'behind';
    },
    { log },
  );

  const stream = STREAMS.ORDERS.name;
  const store = outboxFeedStore(postgres.client, stream);
  const feed = createFeed({ nats, stream, log, keysOf: feedKeysOf, store });
  const server = createSubgraphServer({
    typeDefs,
    resolvers: createResolvers({ placeOrder, requestCancel, reads, live: createLiveOrders({ feed, reads }) }),
    context: createContext(reads),
    routerKey: parts.routerKey,
    host: parts.host,
    port: parts.port,
    readiness: { database: postgres.isUp, menu: menuReplica.isReady },
    log,
    tracer,
    metrics,
  });
  if (metrics) showMessaging(metrics, { client: postgres.client, consumers: { DELIVERIES: deliveries }, feed });

  return {
    async start() {
      await Promise.all([relay.start(), deliveries.start(), feed.start()]);
      payments.start();
      smsWorker.start();
      menuReplica.start();
      return server.start();
    },
    async drain() {
      menuReplica.stop();
      await server.drain();
      await Promise.all([deliveries.drain(), payments.drain(), smsWorker.drain(), feed.drain()]);
      // Last, so that it publishes what the others left behind.
      await relay.drain();
    },
  };
}
