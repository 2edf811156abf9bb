/**
 * The clients, all in one process on the core that what is measured does not run on. They must cost little: raw sockets, one
 * buffer for all, nothing parsed that need not be.
 *
 * Says `listening <port>` on stdout, of its commands.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { sharedNow } from './clock.ts';
import { serveCommands } from './commands.ts';
import { LiveSocket, type Operation } from './live-socket.ts';
import { patience, type Patience } from './patience.ts';
import { noteFanout, noteOrders, tampered, type Arrival, type Note, type Tampering } from './received.ts';

/** So many sockets are opened at one time; the server has not accepted more than that in any moment. */
const OPENING = 100;

export interface Target {
  readonly port: number;
  readonly path: string;
}

/** How a client came back. */
export interface Return {
  readonly client: number;
  /** When it had sent its subscription, on the shared clock. */
  readonly at: number;
  /** Its own waits before, in ms. */
  readonly waited: number;
}

let sockets: LiveSocket[] = [];
let failures: string[] = [];
let fanout = noteFanout(0);
let orders = noteOrders(0);
let returns: Return[] = [];
/** How often sockets were closed, by how. */
let closings = new Map<string, number>();
let { quietMs } = patience;
/** How many of the arrivals were told. */
let told = 0;

/** Waits until `count()` is `goal`. @throws when it does not grow for a while */
async function reached(
  goal: number,
  count: () => number,
  what: string,
  { lookMs = 20, withinMs = quietMs }: { lookMs?: number; withinMs?: number } = {},
): Promise<void> {
  let last = -1;
  let since = performance.now();
  while (count() < goal) {
    if (count() !== last) {
      last = count();
      since = performance.now();
    } else if (performance.now() - since > withinMs) {
      throw new Error(`${what}: ${last} of ${goal}, and nothing more comes`);
    }
    await wait(lookMs);
  }
}

/** Opens sockets, a few at a time, and waits until each subscription had its first message. */
async function openAll(
  target: Target,
  clients: readonly { readonly authorization?: string; readonly operations: readonly Operation[] }[],
  {
    note,
    begun,
    tokenOf = () => undefined,
    comesBack,
  }: {
    note: Note;
    begun: () => number;
    tokenOf?: (slot: number) => string | undefined;
    comesBack: boolean;
  },
): Promise<{ ms: number }> {
  const startedAt = performance.now();
  sockets = [];
  failures = [];
  returns = [];
  closings = new Map();
  let slots = 0;
  const what = 'subscriptions with their first message';
  for (const [client, { authorization, operations }] of clients.entries()) {
    const firstSlot = slots;
    let subscribed = false;
    const socket = new LiveSocket({
      ...target,
      authorization,
      client,
      operations,
      comesBack,
      onNext(index, bytes, from, to, first) {
        try {
          note(firstSlot + index, bytes, from, to, first);
        } catch (error) {
          failures.push((error as Error).message);
        }
      },
      resumeOf: (index) => tokenOf(firstSlot + index),
      subscribed() {
        if (subscribed) returns.push({ client, at: sharedNow(), waited: socket.waited });
        subscribed = true;
      },
      closed: (how) => closings.set(how, (closings.get(how) ?? 0) + 1),
      failed: (reason) => failures.push(reason),
    });
    slots += operations.length;
    sockets.push(socket);
    socket.open();
    const behind = slots - OPENING * operations.length;
    await reached(behind, () => begun() + failures.length, what, { lookMs: 1 });
  }
  await reached(slots, () => begun() + failures.length, what);
  if (failures.length > 0) throw new Error(`${failures.length} clients failed, the first: ${failures[0]}`);
  return { ms: performance.now() - startedAt };
}

const commands = {
  /** So many sockets with so many subscriptions each, all to the same. */
  openFanout(
    given: Target & { sockets: number; subscriptions: number; query: string; tampering: Tampering; patience: Patience },
  ) {
    const { port, path, subscriptions, query } = given;
    ({ quietMs } = given.patience);
    fanout = noteFanout(given.sockets * subscriptions);
    const operations = Array.from({ length: subscriptions }, () => ({ query }));
    return openAll(
      { port, path },
      Array.from({ length: given.sockets }, () => ({ operations })),
      { note: tampered(fanout.note, given.tampering), begun: fanout.begun, comesBack: false },
    );
  },

  /** Waits until an event has reached all, or nothing more comes. @returns how many it reached */
  async arrived({ number }: { number: number }) {
    const event = fanout.eventOf(number);
    let last = -1;
    for (let since = performance.now(); event.arrived < event.at.length; await wait(5)) {
      if (event.arrived !== last) {
        last = event.arrived;
        since = performance.now();
      } else if (performance.now() - since > quietMs) break;
    }
    return event.arrived;
  },

  /** @param emitted when each event left @returns how long each took to each client */
  latencies({ emitted }: { emitted: readonly { readonly number: number; readonly at: number }[] }) {
    const all: number[] = [];
    let [lost, doubled] = [0, 0];
    for (const { number, at } of emitted) {
      const event = fanout.eventOf(number);
      lost += event.at.length - event.arrived;
      doubled += event.doubled;
      for (const arrived of event.at) if (arrived !== 0) all.push(arrived - at);
    }
    const sorted = Float64Array.from(all).toSorted();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { median: at(0.5), p99: at(0.99), longest: at(1), lost, doubled };
  },

  /** A socket for each order, as its customer. */
  openOrders(
    given: Target & {
      query: string;
      orders: readonly { readonly id: string; readonly token: string }[];
      tampering: Tampering;
      patience: Patience;
    },
  ) {
    const { port, path, query } = given;
    ({ quietMs } = given.patience);
    orders = noteOrders(given.orders.length);
    told = 0;
    return openAll(
      { port, path },
      given.orders.map(({ id, token }) => ({
        authorization: `Bearer ${token}`,
        operations: [{ query, variables: { orderId: id } }],
      })),
      { note: tampered(orders.note, given.tampering), begun: orders.begun, tokenOf: orders.tokenOf, comesBack: true },
    );
  },

  /** What arrived since it was asked last. */
  arrivals(): { arrivals: Arrival[]; failures: string[] } {
    const arrivals = orders.arrivals.slice(told);
    told = orders.arrivals.length;
    return { arrivals, failures };
  },

  /** How many versions have arrived so far, without those that began anew. */
  counted: (): number => orders.counted(),

  /** Waits until all have come back since it was asked last. */
  async returns(): Promise<{ returned: Return[]; closings: Readonly<Record<string, number>> }> {
    // One that failed a few times waits for long by itself.
    const withinMs = 4 * quietMs;
    await reached(sockets.length, () => returns.length + failures.length, 'clients that came back', { withinMs });
    const all = { returned: returns, closings: Object.fromEntries(closings) };
    returns = [];
    closings = new Map();
    return all;
  },

  /** Closes all sockets. */
  close(): void {
    for (const socket of sockets) socket.close();
    sockets = [];
  },
};
export type ClientCommands = typeof commands;

await serveCommands(commands);
