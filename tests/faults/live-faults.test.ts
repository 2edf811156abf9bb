import { appendFile, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keeper } from '@cafe-for-me/deploy/keeper';
import { root } from '@cafe-for-me/deploy/paths';
import { copyPlace } from '@cafe-for-me/deploy/postgres-account';
import { startSystem, type System } from '@cafe-for-me/deploy/system';
import type { ProcessName } from '@cafe-for-me/deploy/system-types';
import { eventually } from '../harness/eventually.ts';
import { createGraph } from '../harness/graph.ts';
import { createChance, type Chance } from './live/chance.ts';
import { kill, planRounds, restart, start } from './live/faults.ts';
import { openFleet, placeOrders, type Customer, type Fleet } from './live/fleet.ts';
import { createProgress, type Progress } from './live/progress.ts';
import { openRegulars, type Regulars } from './live/regulars.ts';
import { readVersions, writeChanges } from './live/status-changes.ts';
import { staffOfCafe, type Staff } from './live/staff.ts';

const CUSTOMERS = 200;
/** An order that was placed and paid is at version 2. */
const PAID = 2;
/** Changes of each order while parts are killed. */
const CHANGES = 50;
const TARGETS = ['router', 'customer', 'delivery', 'nats', 'postgres'] as const;
/** So many changes may be written ahead of what subscribers have: enough that many wait for whoever was killed. */
const AHEAD = 250;
const AT_ONCE = 20;
/** The share of all changes that may be written beyond the moment at which the next part is killed. */
const SPAN = 0.05;
/** Of last changes, at most. */
const ROUNDS = 10;

/** Their data outlives a killed server: nothing here is `temporary`, so the folder is this test's to remove. */
let dir: string;
let system: System;
let supergraph: string;
let chance: Chance;
let progress: Progress;
let customers: Customer[];
let fleet: Fleet;
let regulars: Regulars;
let staff: Staff;
/** The version to which the orders have been brought. */
let reached = PAID;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const orderIds = (): string[] => customers.map(({ orderId }) => orderId);

beforeAll(async () => {
  chance = createChance();
  progress = createProgress();
  dir = await mkdtemp(join(tmpdir(), 'cafe-faults-'));
  for (const path of [dir, copyPlace(join(dir, 'postgres'))]) keeper().sweep(path);
  supergraph = join(dir, 'supergraph.graphql');
  await copyFile(join(root, 'schema', 'supergraph.graphql'), supergraph);
  system = await startSystem({ dir, supergraph });
  customers = await placeOrders(system, CUSTOMERS);
  const { graph: url } = system.urls;
  fleet = await openFleet({ url, customers, progress });
  regulars = await openRegulars(system, progress);
  staff = await staffOfCafe(system);
}, 240_000);

afterAll(async () => {
  await fleet?.close();
  await regulars?.close();
  await system?.stop();
  for (const path of [dir, copyPlace(join(dir, 'postgres'))]) {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    keeper().unsweep(path);
  }
}, 120_000);

interface ChangeOptions {
  readonly ahead?: number;
  /** Whether more may be written now. */
  readonly may?: () => boolean;
  /** Gets the share that is written, from 0 to 1. */
  readonly onWritten?: (share: number) => void;
}

/** Changes every order so many times, never far ahead of its followers. */
async function change(
  times: number,
  { ahead = AHEAD, may = () => true, onWritten = () => undefined }: ChangeOptions = {},
): Promise<void> {
  const from = reached;
  const versions = new Map(orderIds().map((id) => [id, from]));
  reached += times;
  await writeChanges({
    databaseUrl: system.databaseUrls.customer,
    orderIds: orderIds(),
    last: reached,
    atOnce: AT_ONCE,
    chance,
    room: () =>
      progress.until(
        () => fleet.behind() < ahead && may(),
        () => `${fleet.behind()} changes are not with their followers`,
      ),
    onWritten(written) {
      for (const [id, version] of written) versions.set(id, Math.max(version, versions.get(id) ?? 0));
      // The service's own change of an order may come after the last one of ours.
      const sum = [...versions.values()].reduce((total, version) => total + Math.min(version, reached) - from, 0);
      fleet.written(written);
      onWritten(sum / (CUSTOMERS * times));
      progress.tell();
    },
  });
}

/** Every part answers again and has caught up: an event that comes now can be filled in whole. */
async function allIsWell(): Promise<void> {
  for (const { token, orderId } of customers) {
    const graph = createGraph(system.urls.graph, token);
    await eventually(
      () =>
        graph.data<{ order: { delivery: unknown; sale: unknown } }>(
          'query($id: ID!) { order(id: $id) { delivery { status } sale { amount } } }',
          { id: orderId },
        ),
      ({ order: { delivery, sale } }) => delivery !== null && sale !== null,
      90_000,
    );
  }
}

/**
 * One last change of each order; then every follower must have all versions, and this one with the fields of all subgraphs. On a
 * machine that is busy with other things these may come too late for a change: then another one is made.
 */
async function nothingIsMissing(): Promise<void> {
  await allIsWell();
  for (let round = 1; ; round++) {
    await change(1, { ahead: AT_ONCE });
    const last = await readVersions(system.databaseUrls.customer, orderIds());
    expect([...last.values()]).toEqual(Array.from({ length: CUSTOMERS }, () => reached));
    await fleet.whole(last);
    expect(fleet.wrong(last)).toEqual([]);
    const blanked = fleet.followers.filter((follower) => !follower.isWhole()).map(({ name }) => name);
    if (round < ROUNDS && blanked.length > 0) continue;
    expect(blanked).toEqual([]);
    return;
  }
}

describe('1,000 subscribers of 200 orders', () => {
  it('are told the present state at first', () => {
    const late = fleet.followers.filter(({ versions }) => [...versions.values()].some(([first]) => first !== PAID));
    expect(late.map(({ name }) => name)).toEqual([]);
  });

  it('get every one of 10,000 changes once and in order, whichever parts are killed meanwhile', async () => {
    const rounds = planRounds(chance, TARGETS, 2);
    say(`LIVE_SEED=${chance.seed} kills ${rounds.map(({ targets }) => targets.join(' and ')).join(', ')}`);
    const begun = performance.now();
    let share = 0;
    /** More is written only after the next part was killed: each is killed amid changes. */
    let allowed = SPAN;
    const until = (wanted: number, what: string): Promise<void> =>
      progress.until(
        () => share >= wanted,
        () => `${what}, ${share} is written, ${fleet.behind()} changes are not with their followers`,
      );

    function allow(upTo: number): void {
      allowed = Math.max(allowed, upTo);
      progress.tell();
    }

    async function strike(): Promise<void> {
      for (const { targets, at } of rounds) {
        allow(at + SPAN);
        await until(at, `before ${targets.join(' and ')} is killed`);
        await kill(system, targets);
        // Whatever can still be done is done meanwhile: until so much is written that no more may be.
        const before = share;
        allow(before + SPAN);
        if (!targets.includes('postgres'))
          await progress.until(
            () => share > before + 0.02 || share === 1 || fleet.behind() >= AHEAD,
            () => `nothing is written while ${targets.join(' and ')} is away`,
          );
        await start(system, targets);
      }
      allow(1);
    }

    const moments = customers.map(() => chance.next() * 0.9);
    await Promise.all([
      strike(),
      change(CHANGES, { may: () => share < allowed, onWritten: (now) => (share = now) }),
      staff.acceptAll(
        customers.map(({ orderId }, index) => ({ orderId, when: () => until(moments[index]!, 'accepting') })),
      ),
      regulars.drink([0, 0.25, 0.5, 0.75].map((at) => () => until(at, 'ordering'))),
    ]);
    await nothingIsMissing();
    expect(await regulars.wrong()).toEqual([]);
    say(`killed and started ${TARGETS.length * 2} times in ${seconds(begun)} s: ${fleet.report()}`);
  }, 600_000);

  it('notice a rolling restart by coming back at most, and miss nothing', async () => {
    const begun = performance.now();
    const order = chance.shuffled<ProcessName>([...TARGETS, 'accounting']);
    let share = 0;
    async function restartAll(): Promise<void> {
      for (const [index, target] of order.entries()) {
        await progress.until(
          () => share >= index / order.length,
          () => `${share} is written before ${target} is restarted`,
        );
        await restart(system, target);
      }
    }
    const before = new Map(fleet.losses);
    await Promise.all([restartAll(), change(6, { onWritten: (now) => (share = now) })]);
    await nothingIsMissing();
    const lost = [...fleet.losses].filter(([how, times]) => times > (before.get(how) ?? 0)).map(([how]) => how);
    // No socket was cut off: each was told that the router restarts. Streams have no word for it, they end.
    expect(lost.filter((how) => /^\d+$/.test(how))).toEqual(['1012']);
    say(`restarted ${order.join(', ')} in ${seconds(begun)} s: ${fleet.report()}`);
  }, 300_000);

  it('notice nothing of a new supergraph that changes none of their plans', async () => {
    const before = new Map(fleet.losses);
    async function replaceSupergraph(): Promise<void> {
      const unused = 'enum Weather @join__type(graph: CUSTOMER) { SUN @join__enumValue(graph: CUSTOMER) }';
      await appendFile(supergraph, `\n${unused}\n`);
      const graph = createGraph(system.urls.graph, customers[0]!.token);
      await eventually(
        () => graph.data<{ __type: object | null }>('{ __type(name: "Weather") { name } }'),
        ({ __type: weather }) => weather !== null,
        60_000,
      );
    }
    await change(1);
    await Promise.all([replaceSupergraph(), change(2)]);
    await nothingIsMissing();
    expect(fleet.losses).toEqual(before);
  }, 180_000);
});

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1_000);
}
