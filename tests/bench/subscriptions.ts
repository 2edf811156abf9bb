/**
 * `npm run bench -- subscriptions`: live subscriptions of many clients. What an idle one costs and how long one event takes to all
 * of them, beside stock graphql-ws and the floor under the same load program; and at the real café how long a commit takes to
 * its customer, and how soon all are whole again after the router was killed, with nothing lost and nothing doubled.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { localDir, root } from '@cafe-for-me/deploy/paths';
import { saveResult } from './results.ts';
import { figureOf, tableOf, type Row } from './subscriptions/figures.ts';
import { measureOneTopic, type OneTopicRounds } from './subscriptions/one-topic.ts';
import { measureOwnOrders, type OwnOrdersMeasured } from './subscriptions/own-orders.ts';
import { patience as usual, type Patience } from './subscriptions/patience.ts';
import { rowsOfOneTopic, rowsOfOwnOrders, summaryOf } from './subscriptions/rows.ts';
import { startClients, type Clients } from './subscriptions/servers.ts';
import type { Tampering } from './subscriptions/received.ts';

export const subscriptionParts = ['topic', 'orders'] as const;
export type SubscriptionPart = (typeof subscriptionParts)[number];

export interface SubscriptionsOptions {
  readonly subscribers: number;
  /** How often each is measured. */
  readonly rounds: number;
  /** Of changes that are counted, in each round at the café. */
  readonly seconds: number;
  /** Of orders, each second. @default 200 */
  readonly changesPerSecond?: number;
  /** Which are told of one topic in each round. @default 20 */
  readonly events?: number;
  /** `topic`: one for all; `orders`: the café. Empty for both. */
  readonly only: readonly SubscriptionPart[];
  readonly routerFile: string;
  readonly profile: boolean;
  readonly json: boolean;
  readonly save: boolean;
  /** A running PostgreSQL. @default one is started, durable as npm start has it */
  readonly postgresUrl?: string;
  readonly tampering?: Tampering;
  readonly patience?: Patience;
}

type Write = (line: string) => void;

/** Sockets of the same subscribers in fewer connections. */
const SUBSCRIPTIONS_PER_SOCKET = 100;
/** What else each process has open. */
const OTHER_FILES = 300;

/** Runs the benchmark and prints its report. @returns whether nothing was lost, doubled, or out of order */
export async function benchSubscriptions(options: SubscriptionsOptions, write: Write): Promise<boolean> {
  const files = openFilesAllowed();
  if (files < options.subscribers + OTHER_FILES) {
    write(
      `${options.subscribers} sockets are more than a process may have here: ulimit -Hn says ${files}. ` +
        `Raise it (ulimit -n ${options.subscribers + OTHER_FILES}), or measure fewer: --subscribers ${files - OTHER_FILES}.`,
    );
    return false;
  }
  const dir = join(localDir, `bench-${process.pid}`);
  await mkdir(dir, { recursive: true });
  const clients = await startClients();
  const wanted = (part: SubscriptionPart): boolean => options.only.length === 0 || options.only.includes(part);
  const prepared = { ...options, dir, patience: options.patience ?? usual };
  try {
    const topic = wanted('topic') ? await oneTopic(prepared, clients, write) : undefined;
    const orders = wanted('orders') ? await ownOrders(prepared, clients, write) : undefined;
    return await report(options, { topic, orders }, write);
  } finally {
    await clients.child.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** How many files a process may have open; Node raises what it has to what it may have. */
function openFilesAllowed(): number {
  const said = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout?.trim();
  return said === 'unlimited' || said === '' ? Number.POSITIVE_INFINITY : Number(said);
}

type Prepared = SubscriptionsOptions & { readonly dir: string; readonly patience: Patience };

async function oneTopic(options: Prepared, clients: Clients, write: Write): Promise<OneTopicRounds> {
  const { subscribers, rounds, events = 20, profile } = options;
  const measured: OneTopicRounds = { single: { ours: [], stock: [], floor: [] }, shared: { ours: [], stock: [] } };
  for (let round = 1; round <= rounds; round++) {
    const last = round === rounds;
    for (const name of ['ours', 'stock', 'floor'] as const) {
      write(`round ${round} of ${rounds}: one topic, ${subscribers} sockets, ${name}`);
      const given = { ...options, sockets: subscribers, subscriptions: 1, events, profile: profile && last };
      const one = await measureOneTopic(name, given, clients, write);
      measured.single[name].push(one);
      write(`  ${one.kib.toFixed(1)} KiB each; to all: ${one.medianMs.toFixed(1)} ms, p99 ${one.p99Ms.toFixed(1)} ms`);
    }
    const sockets = Math.max(1, Math.round(subscribers / SUBSCRIPTIONS_PER_SOCKET));
    for (const name of ['ours', 'stock'] as const) {
      write(`round ${round} of ${rounds}: one topic, ${sockets} sockets × ${SUBSCRIPTIONS_PER_SOCKET}, ${name}`);
      const given = { ...options, sockets, subscriptions: SUBSCRIPTIONS_PER_SOCKET, events: 0, profile: false };
      const one = await measureOneTopic(name, given, clients, write);
      measured.shared[name].push(one);
      write(`  ${one.kib.toFixed(1)} KiB each`);
    }
  }
  return measured;
}

function ownOrders(options: Prepared, clients: Clients, write: Write): Promise<OwnOrdersMeasured> {
  const { subscribers, changesPerSecond = 200 } = options;
  return measureOwnOrders(
    { ...options, clients: subscribers, perSecond: changesPerSecond, kill: true },
    clients,
    write,
  );
}

async function report(
  options: SubscriptionsOptions,
  { topic, orders }: { topic: OneTopicRounds | undefined; orders: OwnOrdersMeasured | undefined },
  write: Write,
): Promise<boolean> {
  const { subscribers, seconds, rounds, changesPerSecond = 200, events = 20 } = options;
  const rows: Row[] = [
    ...(topic === undefined ? [] : rowsOfOneTopic(topic, subscribers)),
    ...(orders === undefined ? [] : rowsOfOwnOrders(orders, subscribers, changesPerSecond)),
  ];
  write('');
  for (const line of tableOf(rows)) write(line);
  write('');
  if (topic !== undefined) {
    write('Memory: resident, of the server process, after minus before, both at rest and with garbage collected.');
    write(
      'One event: from its emission to its arrival, over all clients and events. Ours has a hop more: the event comes',
    );
    write('from a subgraph over the wire; stock and the floor are the source of the event themselves.');
    const spent = figureOf(topic.single.ours.map(({ clientsMs }) => clientsMs));
    write(`The clients, on the other core, spent ${spent.median} ms of processor time on one event of ours.`);
  }
  if (orders !== undefined) {
    write(`${orders.committed} changes at the café; what the router said of tokens: ${JSON.stringify(orders.told)}`);
    write(
      'The floor of commit to client: until a plain subscriber of NATS heard of it. That of being whole again: how long',
    );
    write('the client waited that waited longest, by itself.');
    write('Clients come back as stock graphql-ws does: after 1 s + 0.3 to 3 s, then 2 s + 0.3 to 3 s, and so on.');
    const spent = (each: readonly [string, number][]) =>
      each.map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ');
    write(`Processor time for each client until all were subscribed, ms: ${spent(orders.spent)}`);
    const { spentAgain, closings } = orders.rounds.at(-1) ?? {};
    if (spentAgain !== undefined) write(`The same when all came back: ${spent(spentAgain)}`);
    if (closings !== undefined) write(`How their sockets were closed until all were back: ${JSON.stringify(closings)}`);
    if (orders.failures.length > 0) write(`${orders.failures.length} failed, the first: ${orders.failures[0]}`);
    if (orders.disordered > 0) write(`OUT OF ORDER: ${orders.disordered}`);
  }
  const summary = summaryOf(topic, orders);
  if (options.save) {
    const figures = { subscribers, rounds, seconds, changesPerSecond, events };
    write(`written to ${await saveResult(root, 'subscriptions', { ...summary, ...figures, rows })}`);
  }
  if (options.json) write(JSON.stringify(summary));
  return summary.lost === 0 && summary.doubled === 0 && (orders?.disordered ?? 0) === 0;
}
