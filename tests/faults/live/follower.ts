/** One subscriber of orders, as the test sees it: what it was told, over however many connections. */
import type { LiveResult } from '@cafe-for-me/router/client/resuming-event-source';
import type { Resumed } from '@cafe-for-me/router/client/resume-token';

/** A change of an order's status. */
export interface OrderChange {
  readonly orderId: string;
  readonly version: number;
  readonly status: string;
  readonly at: string;
  readonly message: string;
  /** With fields of all three subgraphs, where it was asked for. */
  readonly order?: {
    readonly total: number;
    /** Null while the delivery service is away. */
    readonly delivery: { readonly status: string; readonly queueNumber: number | null } | null;
    /** Null before the acceptance, and while accounting is away. */
    readonly sale: { readonly amount: number } | null;
  } | null;
}

type Answer = { readonly orderStatusChanged?: OrderChange | null; readonly myOrdersChanged?: OrderChange | null };

const OWN = 'orderId version status at message';
const ALL = `${OWN} order { total delivery { status queueNumber } sale { amount } }`;
/**
 * The changes of one order, and those of all orders of a customer: with what the customer service says itself, or with fields of
 * all three subgraphs, which are two requests more for each change.
 */
export const operations = {
  order: `subscription Follow($id: ID!) { orderStatusChanged(orderId: $id) { ${OWN} } }`,
  wholeOrder: `subscription FollowWhole($id: ID!) { orderStatusChanged(orderId: $id) { ${ALL} } }`,
  orders: `subscription FollowAll { myOrdersChanged { ${OWN} } }`,
  wholeOrders: `subscription FollowAllWhole { myOrdersChanged { ${ALL} } }`,
};

export interface Follower {
  readonly name: string;
  readonly query: string;
  readonly variables: Record<string, unknown>;
  /** The versions by order, as they came. */
  readonly versions: ReadonlyMap<string, readonly number[]>;
  /** The newest change of each order. */
  readonly newest: ReadonlyMap<string, OrderChange>;
  /** Whether the newest change of each order came with all that was asked for. */
  isWhole(): boolean;
  /** How often each outcome of coming back was told, with its reason where it has one. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** What must not happen to a subscriber, in words. */
  readonly problems: readonly string[];
  /** Messages in which a part was blanked, with the codes that said so. */
  readonly blanked: ReadonlyMap<string, number>;
  take(result: LiveResult<object>): void;
  resumed(outcome: Resumed, reason: string | undefined): void;
  /** An end that nobody asked for. */
  ended(how: string): void;
}

/** Changes that the test writes say in their message which version they are. */
export const messageOf = (version: number | string): string => `Change ${version}.`;

/** @param onChange called for each change that is new */
export function createFollower(
  { name, query, variables = {} }: { name: string; query: string; variables?: Record<string, unknown> },
  onChange: (change: OrderChange, before: number | undefined) => void,
): Follower {
  const versions = new Map<string, number[]>();
  const newest = new Map<string, OrderChange>();
  const outcomes = new Map<string, number>();
  const blanked = new Map<string, number>();
  const problems: string[] = [];

  function see(change: OrderChange): void {
    const { orderId, version, message } = change;
    const own = versions.get(orderId) ?? [];
    const before = own.at(-1);
    versions.set(orderId, own);
    own.push(version);
    if (message.startsWith('Change') && !message.startsWith(messageOf(version)))
      problems.push(`version ${version} of ${orderId} says "${message.slice(0, 40)}"`);
    newest.set(orderId, change);
    onChange(change, before);
  }

  return {
    name,
    query,
    variables,
    versions,
    newest,
    isWhole: () => [...newest.values()].every(isWhole),
    outcomes,
    blanked,
    problems,
    take({ data, errors, extensions }) {
      for (const { message, extensions } of errors ?? []) {
        const { code = message, serviceName = '' } = (extensions ?? {}) as { code?: string; serviceName?: string };
        count(blanked, `${code} ${serviceName}`.trim());
      }
      const { orderStatusChanged, myOrdersChanged } = (data ?? {}) as Answer;
      const change = orderStatusChanged ?? myOrdersChanged;
      if (change?.order === null && errors === undefined) problems.push('an order was blanked without a word');
      if (change) see(change);
      else problems.push(`a message without a change: ${JSON.stringify({ data, errors })}`);
      if (extensions?.resume === undefined) problems.push('a message without a token');
    },
    resumed: (outcome, reason) => count(outcomes, reason === undefined ? outcome : `${outcome} (${reason})`),
    ended: (how) => void problems.push(`it was ended: ${how}`),
  };
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function isWhole({ order }: OrderChange): boolean {
  return order === undefined || (order !== null && order.delivery !== null && order.sale !== null);
}

/** All that is wrong with what a follower was told: of each order every version from its first message to `last`, each once, in order. */
export function wrongWith(
  { name, versions, outcomes, problems }: Follower,
  last: ReadonlyMap<string, number>,
): string[] {
  const wrong = [...new Set(problems)];
  for (const [outcome, times] of outcomes) {
    if (outcome !== 'exact') wrong.push(`came back ${times} times as ${outcome}`);
  }
  for (const [orderId, seen] of versions) {
    const expected = `${seen[0]}–${last.get(orderId)}`;
    if (runsOf(seen) !== expected) wrong.push(`${orderId}: ${runsOf(seen)} in place of ${expected}`);
  }
  return wrong.map((what) => `${name}: ${what}`);
}

/** Numbers in the order given, those that follow upon each other as one run: `2–7, 9–9`. */
function runsOf(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => `${from}–${to}`).join(', ');
}
