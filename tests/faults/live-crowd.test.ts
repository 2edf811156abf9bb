import { isDeepStrictEqual } from 'node:util';
import { connect } from 'nats';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { STREAMS } from '@cafe-for-me/schema/events';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { createChance } from './live/chance.ts';
import { openFleet, placeOrders, type Customer, type Fleet } from './live/fleet.ts';
import { createFollower, operations, wrongWith, type Follower } from './live/follower.ts';
import { createLatency } from './live/latency.ts';
import { createProgress } from './live/progress.ts';
import { staffOfCafe } from './live/staff.ts';
import { readVersions, writeChanges } from './live/status-changes.ts';
import { openSocket, type Socket } from './live/transports.ts';

const CUSTOMERS = 200;
/** Changes per second of all orders together, and of the one that the stalled client follows; how fast is not asserted. */
const RATE = 50;
const LARGE_RATE = 1;
const BASELINE_SECONDS = 16;
const STALL_SECONDS = Number(process.env['LIVE_STALL_SECONDS'] ?? 60);
/** A text so long, and so many subscriptions of it on one socket, are more than any buffer holds after some seconds. */
const LARGE_TEXT = 'x'.repeat(8_192);
const IN_THE_LIFT = 100;
/** With the 1,000 of the fleet 10,000. */
const SOCKETS = 100;
const PER_SOCKET = 90;
/** The same order seen in as many ways as there are values of these: none is like another, so the router shares nothing. */
const CHOICES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const ALONE = `subscription FollowAlone($id: ID!, ${CHOICES.map((name) => `$${name}: Boolean!`).join(', ')}) {
  orderStatusChanged(orderId: $id) {
    orderId version status at message
    ${CHOICES.map((name) => `${name}: version @include(if: $${name})`).join(' ')}
  }
}`;

const chance = createChance();
const progress = createProgress();
const latency = createLatency();
const say = (text: string): void => void process.stderr.write(`${text}\n`);

let cafe: Cafe;
let metricsPort: number;
let customers: Customer[];
let fleet: Fleet;
const sockets: Socket[] = [];
/** The version to which the orders have been brought; of the first customer's, whose phone stalls, apart. */
let [reached, reachedInTheLift] = [2, 2];

beforeAll(async () => {
  say(`LIVE_SEED=${chance.seed}`);
  metricsPort = await freePort();
  cafe = await openCafe({ env: { customer: { METRICS_PORT: String(metricsPort) } } });
  customers = await placeOrders(cafe.system, CUSTOMERS);
  // Accounting has nothing to say, and no stream, before the first sale.
  await (await staffOfCafe(cafe.system)).insist('acceptOrder', customers[1]!.orderId, 'RECEIVED');
}, 240_000);
afterAll(async () => {
  await fleet?.close();
  await Promise.all(sockets.map(async (socket) => socket.close()));
  await cafe?.close();
}, 120_000);

const orderIds = (): string[] => customers.map(({ orderId }) => orderId);

function socketOf({ token }: Customer, losses = new Map<string, number>()): Socket {
  const socket = openSocket({ url: cafe.system.urls.graph, token, losses });
  sockets.push(socket);
  return socket;
}

/** Followers of a customer's order, all on one socket. */
function follow(socket: Socket, { name, orderId }: Customer, count: number): Follower[] {
  return Array.from({ length: count }, function followOnce(_, index) {
    const what = { name: `${name}, ${index}`, query: operations.wholeOrder, variables: { id: orderId } };
    const follower = createFollower(what, () => progress.tell());
    socket.follow(follower);
    return follower;
  });
}

/** Followers of a customer's order, all on one socket, who share nothing with each other. */
function followAlone(socket: Socket, { name, orderId }: Customer, count: number): Follower[] {
  return Array.from({ length: count }, function followOnce(_, index) {
    const choices = CHOICES.map((choice, place) => [choice, (index & (1 << place)) !== 0]);
    const variables = { id: orderId, ...Object.fromEntries(choices) };
    const follower = createFollower({ name: `${name}, ${index}`, query: ALONE, variables }, () => progress.tell());
    socket.follow(follower);
    return follower;
  });
}

/** What the customer service counts at this moment. */
async function subscribersAtService(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(/^feed_subscribers(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1]);
}

async function reach(followers: readonly Follower[], orderVersion: (follower: Follower) => number): Promise<void> {
  const lacks = (one: Follower): boolean =>
    ([...one.newest.values()].at(-1)?.version ?? 0) < orderVersion(one) && one.problems.length === 0;
  let lacking = [...followers];
  await progress.until(
    () => (lacking = lacking.filter(lacks)).length === 0,
    () => `${lacking.length} of ${followers.length} followers lack messages`,
  );
}

/** A load that comes evenly. */
function pace(perSecond: number, atOnce: number): () => Promise<void> {
  let due = performance.now();
  return async function next() {
    due = Math.max(due + (atOnce * 1_000) / perSecond, performance.now() - 1_000);
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  };
}

/** Changes all orders evenly for about so long, the first customer's with large texts. */
async function changeFor(seconds: number): Promise<void> {
  const [first, ...others] = orderIds();
  const { customer: databaseUrl } = cafe.system.databaseUrls;
  reached += Math.ceil((RATE * seconds) / others.length);
  reachedInTheLift += LARGE_RATE * seconds;
  const onWritten = (versions: ReadonlyMap<string, number>): void => fleet.written(versions);
  const shared = { databaseUrl, chance, onWritten };
  const large = { ...shared, orderIds: [first!], last: reachedInTheLift, atOnce: 1, more: LARGE_TEXT };
  await Promise.all([
    writeChanges({ ...shared, orderIds: others, last: reached, atOnce: 5, room: pace(RATE, 5) }),
    writeChanges({ ...large, room: pace(LARGE_RATE, 1) }),
  ]);
}

/** The consumers of each stream: the names of the durable ones, and how many are not. */
async function consumers(): Promise<Record<string, { durable: string[]; feeds: number }>> {
  const nats = await connect({ servers: cafe.system.urls.nats });
  try {
    const manager = await nats.jetstreamManager();
    const found: Record<string, { durable: string[]; feeds: number }> = {};
    for (const { name: stream } of Object.values(STREAMS)) {
      const own = (found[stream] = { durable: [] as string[], feeds: 0 });
      for await (const { config } of manager.consumers.list(stream)) {
        if (config.durable_name === undefined) own.feeds += 1;
        // The name's end is its database's.
        else own.durable.push(config.durable_name.replace(/-[0-9a-f]{8}$/, ''));
      }
      own.durable.sort();
    }
    return found;
  } finally {
    await nats.close();
  }
}

/**
 * A durable one for each stream that a service follows to do its work, shared by its replicas; and one for each process that
 * tells subscribers of its own stream, whatever their number.
 */
const EXPECTED = {
  ORDERS: { durable: ['accounting-ORDERS', 'delivery-ORDERS'], feeds: 1 },
  DELIVERIES: { durable: ['accounting-DELIVERIES', 'customer-DELIVERIES'], feeds: 1 },
  ACCOUNTING: { durable: [], feeds: 1 },
};

describe('a crowd of subscribers', () => {
  it('needs one JetStream consumer per process, as one subscriber does', async () => {
    await reach(follow(socketOf(customers[0]!), customers[0]!, 1), () => 2);
    // The first sale may have been a moment ago.
    await eventually(consumers, (found) => isDeepStrictEqual(found, EXPECTED));
  }, 120_000);

  it('misses nothing and waits for nobody while one of 1,000 does not read, who in the end has all as well', async () => {
    const { graph: url } = cafe.system.urls;
    fleet = await openFleet({ url, customers, progress, onChange: latency.note });
    const losses = new Map<string, number>();
    const lift = socketOf(customers[0]!, losses);
    const stalled = follow(lift, customers[0]!, IN_THE_LIFT);
    await reach(stalled, () => 2);

    latency.summary();
    await changeFor(BASELINE_SECONDS);
    await fleet.whole(await readVersions(cafe.system.databaseUrls.customer, orderIds()));
    await reach(stalled, () => reachedInTheLift);
    say(`all read: ${latency.summary()}`);

    const begun = performance.now();
    lift.stall();
    await changeFor(STALL_SECONDS);
    const last = await readVersions(cafe.system.databaseUrls.customer, orderIds());
    await fleet.whole(last);
    say(`one of them stalled for ${Math.round((performance.now() - begun) / 1_000)} s: ${latency.summary()}`);
    // It stalls still, and everybody else has everything, on the connections that they always had.
    expect(stalled.filter(({ newest }) => [...newest.values()][0]?.version === reachedInTheLift)).toEqual([]);
    expect(fleet.wrong(last)).toEqual([]);
    expect([...fleet.losses]).toEqual([]);
    expect([...losses]).toEqual([]);

    lift.goOn();
    await reach(stalled, () => reachedInTheLift);
    expect(stalled.flatMap((one) => wrongWith(one, last))).toEqual([]);
    // The router gave up the connection, not the client: what did not fit came after.
    expect([...losses.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(1);
    expect(stalled.filter(({ outcomes }) => outcomes.get('exact') === undefined)).toEqual([]);
    say(`the stalled client lost its connection with ${[...losses.keys()].join()} and has all`);
  }, 360_000);

  it('needs not one JetStream consumer more when there are 10,000', async () => {
    const more = customers.slice(-SOCKETS).flatMap((customer) => followAlone(socketOf(customer), customer, PER_SOCKET));
    expect(more.length + fleet.followers.length).toBe(10_000);
    await reach(more, () => reached);
    expect(await subscribersAtService()).toBeGreaterThanOrEqual(more.length);
    expect(await consumers()).toEqual(EXPECTED);

    reached += 1;
    const own = customers.slice(-SOCKETS).map(({ orderId }) => orderId);
    await writeChanges({
      databaseUrl: cafe.system.databaseUrls.customer,
      orderIds: own,
      last: reached,
      atOnce: 10,
      chance,
      room: () => Promise.resolve(),
      onWritten: fleet.written,
    });
    await reach(more, () => reached);
    const last = await readVersions(cafe.system.databaseUrls.customer, orderIds());
    await fleet.whole(last);
    expect(more.flatMap((one) => wrongWith(one, last))).toEqual([]);
    expect(fleet.wrong(last)).toEqual([]);
    expect(await consumers()).toEqual(EXPECTED);
  }, 180_000);
});
