/** A thousand subscribers: customers with an order each, which some of their devices follow, over all transports. */
import { randomUUID } from 'node:crypto';
import { createGraph } from '../../harness/graph.ts';
import { customerOf } from '../../harness/operations.ts';
import type { System } from '@cafe-for-me/deploy/system';
import { createFollower, operations, wrongWith, type Follower, type OrderChange } from './follower.ts';
import type { Progress } from './progress.ts';
import { followOverEvents, followOverMultipart, openSocket, type Access, type Socket } from './transports.ts';

export interface Customer {
  readonly name: string;
  readonly token: string;
  readonly orderId: string;
}

/** Places an order for each of so many customers, paid and waiting for the café: version 2. */
export async function placeOrders(system: System, count: number, atOnce = 10): Promise<Customer[]> {
  const customers: Customer[] = [];
  async function place(from: number): Promise<void> {
    for (let index = from; index < count; index += atOnce) {
      const name = `customer-${index}`;
      const token = await system.token({ role: 'customer', sub: name });
      const graph = createGraph(system.urls.graph, token);
      const { id } = await customerOf(graph).paidOrder({ idempotencyKey: randomUUID() });
      customers[index] = { name, token, orderId: id };
    }
  }
  await Promise.all(Array.from({ length: atOnce }, (_, from) => place(from)));
  return customers;
}

export interface Fleet {
  readonly followers: readonly Follower[];
  readonly losses: ReadonlyMap<string, number>;
  /** How many changes lie on average between what an order's versions are known to be and what its followers have. */
  behind(): number;
  /** Told of versions that were written. */
  written(versions: ReadonlyMap<string, number>): void;
  /** Waits until each follower has the last version of each of its orders. */
  whole(last: ReadonlyMap<string, number>): Promise<void>;
  /** All that is wrong with what followers were told. */
  wrong(last: ReadonlyMap<string, number>): string[];
  /** One line of what the followers went through. */
  report(): string;
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly url: string;
  readonly customers: readonly Customer[];
  readonly progress: Progress;
  /** Called for each change that a follower got. */
  readonly onChange?: (change: OrderChange) => void;
}

/** That follow an order. */
const DEVICES = 5;

/** Opens 5 followers for each customer, on three sockets and a stream, and waits until each has its first message. */
export async function openFleet({ url, customers, progress, onChange }: FleetOptions): Promise<Fleet> {
  const losses = new Map<string, number>();
  const followers: Follower[] = [];
  const sockets: Socket[] = [];
  const streams: (() => void)[] = [];
  const known = new Map<string, number>();
  /** Sums of `known`, and of what followers have. */
  let [told, had] = [0, 0];

  function written(versions: ReadonlyMap<string, number>): void {
    for (const [orderId, version] of versions) {
      const before = known.get(orderId) ?? 0;
      if (version <= before) continue;
      known.set(orderId, version);
      told += version - before;
    }
    progress.tell();
  }

  function follow(name: string, what: { query: string; variables?: Record<string, unknown> }): Follower {
    const follower = createFollower({ name, ...what }, function noteChange(change, before = 0) {
      had += Math.max(0, change.version - before);
      // What the service itself wrote is known from here first.
      written(new Map([[change.orderId, change.version]]));
      onChange?.(change);
    });
    followers.push(follower);
    return follower;
  }

  customers.forEach(function openDevices({ name, token, orderId }, index) {
    const access: Access = { url, token, losses };
    // Half of the orders' changes are filled in, a tenth of them twice: more would measure the machine.
    const one = { query: index % 2 === 0 ? operations.wholeOrder : operations.order, variables: { id: orderId } };
    const all = { query: index % 10 === 0 ? operations.wholeOrders : operations.orders };
    const [phone, tablet, watch] = [openSocket(access), openSocket(access), openSocket(access)];
    sockets.push(phone, tablet, watch);
    phone.follow(follow(`${name}'s phone`, one));
    phone.follow(follow(`${name}'s phone, all orders`, all));
    tablet.follow(follow(`${name}'s tablet`, one));
    watch.follow(follow(`${name}'s watch`, one));
    const page = follow(`${name}'s page`, one);
    streams.push((index % 2 === 0 ? followOverEvents : followOverMultipart)(access, page));
  });

  const hasBegun = ({ versions, problems }: Follower): boolean => versions.size > 0 || problems.length > 0;
  function missing(count: number, of: readonly Follower[]): string {
    return `${count} of ${followers.length} followers lack messages, such as ${of
      .slice(0, 5)
      .map(({ name, versions, problems }) => `${name} at ${[...versions.values()].at(-1)?.at(-1)} ${problems[0] ?? ''}`)
      .join(', ')}`;
  }
  async function close(): Promise<void> {
    for (const stop of streams) stop();
    await Promise.all(sockets.map(async (socket) => socket.close()));
  }

  let notBegun = [...followers];
  try {
    await progress.until(
      () => (notBegun = notBegun.filter((one) => !hasBegun(one))).length === 0,
      () => missing(notBegun.length, notBegun),
    );
  } catch (error) {
    await close();
    throw error;
  }

  return {
    followers,
    losses,
    written,
    behind: () => told - had / DEVICES,
    async whole(last) {
      const lacks = ({ versions, problems }: Follower): boolean =>
        problems.length === 0 && [...versions].some(([orderId, seen]) => (seen.at(-1) ?? 0) < (last.get(orderId) ?? 0));
      let lacking = [...followers];
      await progress.until(
        () => (lacking = lacking.filter(lacks)).length === 0,
        () => missing(lacking.length, lacking),
      );
    },
    wrong: (last) => shortened(followers.flatMap((follower) => wrongWith(follower, last))),
    report() {
      const messages = followers.reduce(
        (sum, { versions }) => sum + [...versions.values()].reduce((own, { length }) => own + length, 0),
        0,
      );
      return [
        `${followers.length} subscribers, ${messages} messages`,
        `connections lost: ${listed([losses])}`,
        `came back: ${listed(followers.map(({ outcomes }) => outcomes))}`,
        `blanked: ${listed(followers.map(({ blanked }) => blanked))}`,
      ].join('; ');
    },
    close,
  };
}

/** Enough to see what it is; a thousand may be wrong. */
function shortened(wrong: readonly string[]): string[] {
  const shown = wrong.slice(0, 25).map((what) => what.slice(0, 300));
  return wrong.length > shown.length ? [...shown, `and ${wrong.length - shown.length} more`] : shown;
}

function listed(all: readonly ReadonlyMap<string, number>[]): string {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [what, times] of counts) sums.set(what, (sums.get(what) ?? 0) + times);
  return [...sums].map(([what, times]) => `${what} × ${times}`).join(', ') || 'none';
}
