import { randomInt, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Consumer } from '@cafe-for-me/lib/consumer';
import type { Logger } from '@cafe-for-me/lib/log';
import { showMessaging } from '@cafe-for-me/lib/messaging-metrics';
import type { Metrics } from '@cafe-for-me/lib/metrics';
import { createRelay } from '@cafe-for-me/lib/relay';
import type { Nats } from '@cafe-for-me/lib/streams';
import { createSubgraphServer } from '@cafe-for-me/lib/subgraph-server';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { callerOf } from '@cafe-for-me/schema/caller';
import { STREAMS } from '@cafe-for-me/schema/events';
import { createContext } from './adapters/context.ts';
import { createResolvers } from './adapters/graphql.ts';
import { createDeliveriesFeed, createLiveDeliveries } from './adapters/live.ts';
import { createOrdersConsumer } from './adapters/orders-consumer.ts';
import { cafesIn } from './adapters/postgres-cafes.ts';
import { deliveriesOn, dueDeliveriesOn } from './adapters/postgres-deliveries.ts';
import { readsOn } from './adapters/postgres-reads.ts';
import { isReachable, type Database } from './adapters/postgres.ts';
import { createTimer } from './adapters/timers.ts';
import { pickupCode } from './domain/pickup-code.ts';

const typeDefs = () => readFileSync(new URL('../../../schema/delivery.graphql', import.meta.url), 'utf8');

export interface App {
  /** For tests that wait until every order's event is applied. */
  readonly consumer: Consumer;
  /** @returns the address of the GraphQL endpoint */
  start(): Promise<{ url: string }>;
  /** Takes no more requests, finishes what is under way, publishes what is there. */
  drain(): Promise<void>;
}

/** The whole subgraph around its real parts. The broker need not be there when it starts, nor stay. */
export function createApp(options: {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly nats: Nats;
  readonly routerKey: string;
  readonly host: string;
  readonly port: number;
  /** How long a made order waits on the counter, in milliseconds. */
  readonly collectWithinMs: number;
  readonly log: Logger;
  /** @default the system's clock */
  readonly now?: () => Date;
  /** @default a random one */
  readonly newPickupCode?: () => string;
  readonly tracer?: Tracer | undefined;
  readonly metrics?: Metrics | undefined;
}): App {
  const { database, databaseUrl, nats, log, routerKey, host, port, collectWithinMs, tracer, metrics } = options;
  const relay = createRelay({ databaseUrl, nats, log, service: 'delivery', stream: STREAMS.DELIVERIES, tracer });
  const deliveries = deliveriesOn(database);
  const reads = readsOn(database);
  const cafes = cafesIn(database);
  const feed = createDeliveriesFeed({ nats, log, client: database });
  const parts = {
    now: options.now ?? (() => new Date()),
    newId: randomUUID,
    newPickupCode: options.newPickupCode ?? (() => pickupCode(randomInt)),
    committed: () => relay.wake(),
    log,
    collectWithinMs,
    deliveries,
    due: dueDeliveriesOn(database),
    reads,
    cafes,
    live: createLiveDeliveries({ feed, reads }),
  };
  const consumer = createOrdersConsumer({ ...parts, database, nats, logger: log, tracer });
  const timers = [createTimer(parts, 'expire', log), createTimer(parts, 'notCollected', log)];
  const server = createSubgraphServer({
    typeDefs: typeDefs(),
    resolvers: createResolvers(parts),
    context: ({ claims }) => createContext({ deliveries: reads, cafes }, callerOf(claims)),
    routerKey,
    host,
    port,
    // Without the broker orders wait in the outbox and the stream, but everything here works.
    readiness: { database: () => isReachable(database) },
    log,
    tracer,
    metrics,
  });
  if (metrics) showMessaging(metrics, { client: database, consumers: { ORDERS: consumer }, feed });

  return {
    consumer,
    async start() {
      await Promise.all([relay.start(), feed.start(), consumer.start()]);
      timers.forEach((timer) => timer.start());
      return server.start();
    },
    async drain() {
      await Promise.all([server.drain(), consumer.drain(), ...timers.map((timer) => timer.drain())]);
      await feed.drain();
      // Last, for all of these add events.
      await relay.drain();
    },
  };
}
