/** Subscribers of one topic: what each costs while nothing happens, and how long an event takes to all of them. */
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { localDir } from '@cafe-for-me/deploy/paths';
import { processorTime } from '../cpu.ts';
import { profiled } from '../router/profile.ts';
import { SUBSCRIPTION } from './graph.ts';
import { settledMemory } from './memory.ts';
import type { Patience } from './patience.ts';
import type { Tampering } from './received.ts';
import { servers, type Clients, type Server, type ServerName, type StartServer } from './servers.ts';

export interface OneTopicOptions extends StartServer {
  readonly sockets: number;
  /** On each socket. */
  readonly subscriptions: number;
  /** Events that are counted; 0: only memory is looked at. */
  readonly events: number;
  /** Takes a CPU profile of the events. */
  readonly profile: boolean;
  readonly tampering?: Tampering;
  readonly patience: Patience;
}

export interface OneTopicMeasured {
  /** Of a subscription, in resident memory of the server. */
  readonly kib: number;
  /** The same without collecting garbage first. */
  readonly uncollectedKib: number;
  readonly heapKib: number;
  /** Until all were subscribed, in ms. */
  readonly openMs: number;
  /** From the event to its arrival at a client, over all clients and events, in ms. Empty without events. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Of the server, for one event to all. */
  readonly processorMs: number;
  /** Of the clients, likewise. */
  readonly clientsMs: number;
  readonly lost: number;
  readonly doubled: number;
}

/** What was measured of one topic, by server, in each round. */
export interface OneTopicRounds {
  readonly single: Readonly<Record<ServerName, OneTopicMeasured[]>>;
  /** With many subscriptions on each socket. */
  readonly shared: Readonly<Record<'ours' | 'stock', OneTopicMeasured[]>>;
}

/** Before anything is counted: some subscribers come and go, so that code is compiled and what is made once is made. */
const WARM_UP_SUBSCRIPTIONS = 200;
const WARM_UP_EVENTS = 10;
/** Between two events, when the one before has reached all. */
const PAUSE_MS = 150;
/** How long upstream subscriptions may take to become one. */
const JOIN_MS = 30_000;

/** Measures one server, in a process of its own. */
export async function measureOneTopic(
  name: ServerName,
  options: OneTopicOptions,
  clients: Clients,
  write: (line: string) => void,
): Promise<OneTopicMeasured> {
  const { sockets, subscriptions, events, profile, tampering = {}, patience } = options;
  const server = await servers[name](options);
  try {
    const given = { ...server.target, subscriptions, query: SUBSCRIPTION, tampering, patience };
    const warmUp = Math.min(sockets, Math.ceil(WARM_UP_SUBSCRIPTIONS / subscriptions));
    await clients.tell('openFanout', { ...given, sockets: warmUp, tampering: {} });
    await tellEvents(server, clients, 3);
    await clients.tell('close');
    await wait(500);
    const before = await settledMemory(server.child.pid, server.inspectorPort, patience);
    const { ms: openMs } = await clients.tell('openFanout', { ...given, sockets });
    await joined(name, server, write);
    const after = await settledMemory(server.child.pid, server.inspectorPort, patience);
    const each = sockets * subscriptions;
    const perSubscriber = (kind: keyof typeof before): number => (after[kind] - before[kind]) / each;
    if (events > 0) await tellEvents(server, clients, WARM_UP_EVENTS);
    const work = () => tellEvents(server, clients, events);
    const told = profile
      ? await profiled(server.child, join(localDir, `subscriptions-${name}.cpuprofile`), write, work)
      : await work();
    return {
      kib: perSubscriber('residentKib'),
      uncollectedKib: perSubscriber('uncollectedKib'),
      heapKib: perSubscriber('heapKib'),
      openMs,
      ...told,
    };
  } finally {
    await clients.tell('close').catch(() => undefined);
    await server.stop();
  }
}

async function tellEvents(server: Server, clients: Clients, count: number) {
  const pids = { server: server.child.pid, clients: clients.child.pid };
  const emitted: { number: number; at: number }[] = [];
  const before = await processorTime(pids);
  for (let event = 0; event < count; event++) {
    const { number, at } = await server.emit();
    emitted.push({ number, at });
    await clients.tell('arrived', { number });
    await wait(PAUSE_MS);
  }
  const after = await processorTime(pids);
  const { median, p99, longest, lost, doubled } = await clients.tell('latencies', { emitted });
  const spent = (whose: keyof typeof pids): number => ((after[whose] ?? 0) - (before[whose] ?? 0)) / Math.max(1, count);
  return {
    medianMs: median,
    p99Ms: p99,
    longestMs: longest,
    lost,
    doubled,
    processorMs: spent('server'),
    clientsMs: spent('clients'),
  };
}

/** Our clients share one upstream subscription in the end, but each that came later begins with one of its own. */
async function joined(name: ServerName, server: Server, write: (line: string) => void): Promise<void> {
  if (name !== 'ours') return;
  const until = performance.now() + JOIN_MS;
  let left = await server.subscriptions();
  while (left > 1 && performance.now() < until) {
    await wait(100);
    left = await server.subscriptions();
  }
  if (left !== 1) write(`  the router has ${left} subscriptions at the subgraph for one topic`);
}
