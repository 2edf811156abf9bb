import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { createFeed } from '@cafe-for-me/lib/feed';
import { outboxFeedStore } from '@cafe-for-me/lib/feed-store';
import type { Logger } from '@cafe-for-me/lib/log';
import { showMessaging } from '@cafe-for-me/lib/messaging-metrics';
import type { Metrics } from '@cafe-for-me/lib/metrics';
import { createRelay } from '@cafe-for-me/lib/relay';
import type { Nats } from '@cafe-for-me/lib/streams';
import { createSubgraphServer } from '@cafe-for-me/lib/subgraph-server';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { backoff, createWorker } from '@cafe-for-me/lib/worker';
import { STREAMS } from '@cafe-for-me/schema/events';
import { createConsumers } from './adapters/consumers.ts';
import { createResolvers } from './adapters/graphql.ts';
import { contextOf } from './adapters/graphql-context.ts';
import { keysOf, liveDays } from './adapters/live.ts';
import { openPostgres } from './adapters/postgres.ts';
import { readBooks } from './adapters/postgres-books.ts';
import { resending, transferQueue } from './adapters/postgres-transfers.ts';
import type { Headquarters, NewId, Now } from './application/ports.ts';
import { sendTransfer } from './application/send-transfer.ts';

const typeDefs = readFileSync(new URL('../../../schema/accounting.graphql', import.meta.url), 'utf8');

/** How the sender of transfers goes about it; times in ms. */
export interface SenderTimes {
  /** A look at the queue when nothing woke it. */
  readonly every: number;
  /** A claim on a transfer ends by itself after so long: longer than any call takes. */
  readonly lease: number;
  readonly retry: { readonly base: number; readonly max: number };
}

export interface Parts {
  readonly databaseUrl: string;
  readonly nats: Nats;
  readonly headquarters: Headquarters;
  readonly routerKey: string;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly log: Logger;
  /** @default looks every second, claims for 30 s, tries again after 0.5 s, later up to 10 s */
  readonly sender?: SenderTimes;
  readonly now?: Now;
  readonly newId?: NewId;
  readonly tracer?: Tracer | undefined;
  readonly metrics?: Metrics | undefined;
}

export interface App {
  /** Serves as soon as it listens; what was missed meanwhile is caught up in the background. */
  start(): Promise<{ url: string; port: number }>;
  /** Finishes what is under way, in the order in which things depend on each other. */
  drain(): Promise<void>;
}

/** The accounting service, wired. */
export function createApp(parts: Parts): App {
  const {
    databaseUrl,
    nats,
    headquarters,
    routerKey,
    host,
    port,
    log,
    tracer,
    metrics,
    now = () => new Date(),
    newId = randomUUID,
  } = parts;
  const times = parts.sender ?? { every: 1_000, lease: 30_000, retry: { base: 500, max: 10_000 } };

  const postgres = openPostgres({ databaseUrl, log });
  const { client } = postgres;
  const books = readBooks(client);
  const queue = transferQueue(client);
  const stream = STREAMS.ACCOUNTING;
  const relay = createRelay({ databaseUrl, nats, log, service: 'accounting', stream, tracer });
  const store = outboxFeedStore(client, stream.name);
  const feed = createFeed({ nats, stream: stream.name, log, keysOf, store });

  const sender = createWorker({
    name: 'headquarters',
    every: times.every,
    concurrency: 8,
    take: (limit) => queue.take(limit, times.lease),
    async run(transfer) {
      const retryAfter = (attempts: number) => backoff(attempts, times.retry);
      await sendTransfer({ headquarters, queue, log, retryAfter }, transfer);
      // A newer revision of the day may have waited for this one.
      sender.wake();
    },
    log,
  });

  const consumers = createConsumers({
    nats,
    client,
    log,
    tracer,
    now,
    newId,
    onBooked() {
      relay.wake();
      sender.wake();
    },
  });

  const server = createSubgraphServer({
    typeDefs,
    resolvers: createResolvers({
      books,
      resending: resending(client),
      live: liveDays(feed),
      now,
      wakeSender: () => sender.wake(),
    }),
    context: (identity) => contextOf(books, identity),
    routerKey,
    host,
    port,
    readiness: { database: postgres.isReady },
    log,
    tracer,
    metrics,
  });
  if (metrics) {
    const { deliveries, orders } = consumers;
    showMessaging(metrics, { client, consumers: { DELIVERIES: deliveries, ORDERS: orders }, feed });
  }

  return {
    async start() {
      await Promise.all([relay.start(), feed.start(), consumers.deliveries.start(), consumers.orders.start()]);
      sender.start();
      return server.start();
    },
    async drain() {
      await Promise.all([server.drain(), consumers.deliveries.drain(), consumers.orders.drain(), sender.drain()]);
      await Promise.all([relay.drain(), feed.drain()]);
      await postgres.close();
    },
  };
}
