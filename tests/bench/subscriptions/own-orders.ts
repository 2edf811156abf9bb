/** Subscribers of their own orders at the real café: PostgreSQL, nats-server, the customer service, the router. */
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { localDir } from '@cafe-for-me/deploy/paths';
import { startPostgres } from '@cafe-for-me/deploy/postgres';
import { startSystem, type System } from '@cafe-for-me/deploy/system';
import type { AnyEnvelope } from '@cafe-for-me/schema/events';
import { connect } from 'nats';
import { perUnit, processorTime } from '../cpu.ts';
import { profiled } from '../router/profile.ts';
import { createChanges, type Changes } from './changes.ts';
import type { Return } from './clients.ts';
import { sharedNow } from './clock.ts';
import { account, latencies, quantile, wholeAt, type Account } from './ledger.ts';
import { settledMemory } from './memory.ts';
import { openOrdersStore, type OrdersStore } from './orders-store.ts';
import type { Patience } from './patience.ts';
import type { Arrival, Tampering, Told } from './received.ts';
import { routerSettings, type Clients } from './servers.ts';

const SUBSCRIPTION = `subscription OrderStatusChanged($orderId: ID!) {
  orderStatusChanged(orderId: $orderId) { orderId version status at message }
}`;
export interface OwnOrdersOptions {
  readonly clients: number;
  readonly perSecond: number;
  /** Of changes that are counted. */
  readonly seconds: number;
  readonly rounds: number;
  /** Whether the router is killed after each. */
  readonly kill: boolean;
  /** For files of this run. */
  readonly dir: string;
  /** Takes CPU profiles of the router and the customer service while all subscribe. */
  readonly profile: boolean;
  /** A running PostgreSQL. @default one is started, durable as npm start has it */
  readonly postgresUrl?: string;
  readonly tampering?: Tampering;
  readonly patience: Patience;
}

/** Milliseconds. */
export interface OwnOrdersRound {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** From the commit to the broker, as a plain subscriber of NATS sees it. */
  readonly brokerP50: number;
  readonly brokerP99: number;
  /** From the kill of the router. */
  readonly wholeAgain?: number;
  /** From the kill of the router until the last had sent its subscription again. */
  readonly allBack?: number;
  /** What the client that waited longest waited by itself before it tried again. */
  readonly longestWait?: number;
  /** Processor time for each client from the kill until all were back, by process. */
  readonly spentAgain?: readonly [string, number][];
  /** How often clients' sockets were closed meanwhile, by how. */
  readonly closings?: Readonly<Record<string, number>>;
}

export interface OwnOrdersMeasured extends Account {
  readonly rounds: readonly OwnOrdersRound[];
  readonly openMs: number;
  /** Processor time for each client until all were subscribed, in ms, by process. */
  readonly spent: readonly [string, number][];
  /** Of the router, for each. */
  readonly kib: number;
  readonly committed: number;
  /** What the router said about the tokens that clients came back with. */
  readonly told: Readonly<Partial<Record<Told, number>>>;
  readonly failures: readonly string[];
}

type Write = (line: string) => void;

/** Measures `rounds` times with the same clients. */
export async function measureOwnOrders(
  options: OwnOrdersOptions,
  clients: Clients,
  write: Write,
): Promise<OwnOrdersMeasured> {
  const { dir, postgresUrl } = options;
  write('starting PostgreSQL, nats-server, the customer service and the router');
  const postgres = postgresUrl === undefined ? await startPostgres({ dataDir: join(dir, 'postgres') }) : undefined;
  try {
    const inspectorPort = await freePort();
    const config = join(dir, 'cafe-router.yaml');
    await writeFile(config, JSON.stringify(routerSettings));
    const system = await startSystem({
      dir: join(dir, 'cafe'),
      postgres: { adminUrl: postgresUrl ?? postgres?.adminUrl ?? '' },
      // Nothing is asked of them, and they would follow the changes.
      without: ['delivery', 'accounting'],
      env: {
        router: { CONFIG: config, NODE_OPTIONS: `--max-semi-space-size=64 --inspect=127.0.0.1:${inspectorPort}` },
        ...(options.profile && { customer: { NODE_OPTIONS: '--inspect=0' } }),
      },
    });
    try {
      return await measureAt(system, inspectorPort, options, clients, write);
    } finally {
      await clients.tell('close');
      await system.stop();
    }
  } finally {
    await postgres?.stop();
  }
}

async function measureAt(
  system: System,
  inspectorPort: number,
  options: OwnOrdersOptions,
  clients: Clients,
  write: Write,
): Promise<OwnOrdersMeasured> {
  const { clients: count, perSecond, tampering = {}, patience } = options;
  const broker = await watchBroker(system.urls.nats);
  const store = await openOrdersStore(system.databaseUrls.customer, count);
  try {
    write(`${count} orders of as many customers; each subscribes to its own`);
    const orders = await withTokens(system, store);
    await broker.heard(count);
    const memory = async () =>
      (await settledMemory(system.process('router').pid() ?? 0, inspectorPort, patience)).residentKib;
    const before = await memory();
    const target = { port: system.ports.router, path: '/graphql' };
    const open = () => clients.tell('openOrders', { ...target, query: SUBSCRIPTION, orders, tampering, patience });
    const spentBefore = await spentBy(system, clients);
    const { ms: openMs } = await (options.profile ? profiledOpening(system, open, write) : open());
    const spent = perUnit(spentBefore, await spentBy(system, clients), count);
    const kib = ((await memory()) - before) / count;
    const changes = createChanges(store, 1);
    const arrivals: Arrival[] = [];
    const failures: string[] = [];
    async function collect(): Promise<void> {
      const arrived = await clients.tell('arrivals');
      arrivals.push(...arrived.arrivals);
      failures.splice(0, failures.length, ...arrived.failures);
    }
    const rounds: OwnOrdersRound[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      write(`round ${round} of ${options.rounds}: ${perSecond} changes a second for ${options.seconds} s`);
      const [from, to] = await steadyChanges(changes, options);
      await allArrived(clients, changes, options);
      await collect();
      const sorted = latencies(changes.committed, arrivals, [from, to]);
      const atBroker = broker.latencies(changes, store, [from, to]);
      rounds.push({
        p50: quantile(sorted, 0.5),
        p99: quantile(sorted, 0.99),
        longest: quantile(sorted, 1),
        brokerP50: quantile(atBroker, 0.5),
        brokerP99: quantile(atBroker, 0.99),
        ...(options.kill && (await killRouter(system, changes, options, clients, arrivals, collect, write))),
      });
    }
    write('every order is changed once more: whoever was left out would show');
    await changes.sweep();
    await allArrived(clients, changes, options);
    await collect();
    const told: Partial<Record<Told, number>> = {};
    for (const [, , , what] of arrivals) if (what !== 'next') told[what] = (told[what] ?? 0) + 1;
    const accounted = account(count, changes.committed, arrivals);
    return { ...accounted, rounds, openMs, spent, kib, committed: changes.committed.length, told, failures };
  } finally {
    await store.close();
    await broker.close();
  }
}

/** Processor time so far, by process. */
function spentBy(system: System, clients: Clients): Promise<Record<string, number>> {
  const pids: Record<string, number> = { clients: clients.child.pid };
  for (const name of ['router', 'customer', 'nats'] as const) pids[name] = system.process(name).pid() ?? 0;
  return processorTime(pids);
}

function profiledOpening<Done>(system: System, open: () => Promise<Done>, write: Write): Promise<Done> {
  const of = (name: 'router' | 'customer', work: () => Promise<Done>) =>
    profiled(
      { lastLines: (count = 1000) => system.process(name).logs(count) },
      join(localDir, `subscriptions-${name}.cpuprofile`),
      write,
      work,
    );
  return of('router', () => of('customer', open));
}

function withTokens(system: System, { orders }: OrdersStore): Promise<{ id: string; token: string }[]> {
  return Promise.all(
    orders.map(async ({ id, customerId }) => ({
      id,
      token: await system.token({ role: 'customer', sub: customerId }),
    })),
  );
}

/** @returns from when to when its changes count */
async function steadyChanges(
  changes: Changes,
  { perSecond, seconds, patience }: OwnOrdersOptions,
): Promise<[number, number]> {
  const running = changes.begin(perSecond);
  await wait(patience.warmUpMs);
  const from = sharedNow();
  await wait(seconds * 1000);
  const to = sharedNow();
  await running.stop();
  return [from, to];
}

/** Waits until as much has arrived as was committed, or nothing more comes. */
async function allArrived(
  clients: Clients,
  { committed }: Changes,
  { clients: firstMessages, patience }: OwnOrdersOptions,
): Promise<void> {
  let last = -1;
  for (let since = performance.now(); ; await wait(50)) {
    const counted = await clients.tell('counted');
    if (counted >= committed.length + firstMessages) return;
    if (counted !== last) {
      last = counted;
      since = performance.now();
    } else if (performance.now() - since > patience.quietMs) return;
  }
}

async function killRouter(
  system: System,
  changes: Changes,
  options: OwnOrdersOptions,
  clients: Clients,
  arrivals: readonly Arrival[],
  collect: () => Promise<void>,
  write: Write,
): Promise<Pick<OwnOrdersRound, 'wholeAgain' | 'allBack' | 'longestWait' | 'spentAgain' | 'closings'>> {
  const { perSecond, patience } = options;
  write('  the router is killed and started again, changes go on');
  const running = changes.begin(perSecond);
  let killedAt: number;
  let returned: readonly Return[];
  let closings: OwnOrdersRound['closings'];
  let spentAgain: [string, number][];
  try {
    await wait(patience.aroundMs);
    const router = system.process('router');
    const before = await spentBy(system, clients);
    killedAt = sharedNow();
    await router.kill();
    await router.start({ until: 'spawned' });
    ({ returned, closings } = await clients.tell('returns'));
    // The router is another process, which began at 0.
    spentAgain = perUnit({ ...before, router: 0 }, await spentBy(system, clients), options.clients);
    await wait(patience.aroundMs);
  } finally {
    await running.stop();
  }
  await allArrived(clients, changes, options);
  await collect();
  const allBack = Math.max(...returned.map(({ at }) => at)) - killedAt;
  const longestWait = Math.max(...returned.map(({ waited }) => waited));
  const wholeAgain = wholeAt(returned, changes.committed, arrivals) - killedAt;
  return { wholeAgain, allBack, longestWait, spentAgain, closings };
}

/** A plain subscriber of the broker, which hears each event when it is published. */
async function watchBroker(url: string) {
  const nats = await connect({ servers: url });
  const heardAt = new Map<string, number>();
  nats.subscribe('orders.>', {
    callback(_, message) {
      const at = sharedNow();
      const { aggregateId, aggregateVersion } = message.json<AnyEnvelope>();
      heardAt.set(`${aggregateId} ${aggregateVersion}`, at);
    },
  });
  await nats.flush();
  return {
    /** Waits until it has heard so many. */
    async heard(count: number): Promise<void> {
      while (heardAt.size < count) await wait(50);
    },
    latencies({ committed }: Changes, { orders }: OrdersStore, [from, to]: readonly [number, number]): Float64Array {
      const counted = committed.filter(({ at }) => at >= from && at <= to);
      const all = counted.flatMap(({ order, version, at }) => {
        const heard = heardAt.get(`${orders[order]!.id} ${version}`);
        return heard === undefined ? [] : [heard - at];
      });
      return Float64Array.from(all).toSorted();
    },
    close: () => nats.close(),
  };
}
