import { useEffect, useRef, useState } from 'preact/hooks';
import { CustomerOrdersDocument, FollowMyOrdersDocument, type ListedOrderFragment } from '../../generated/documents.ts';
import { asPerson } from '../../graph/as-person.ts';
import { problemOf, type Problem } from '../../graph/problem.ts';
import { useAsk } from '../../graph/use-ask.ts';
import { useLive, type LiveState } from '../../graph/use-live.ts';
import { person } from '../../shell/session.ts';
import { hasEnded, newer } from '../order/order.ts';

export type ListedOrder = ListedOrderFragment;

const PAGE = 20;

export interface ListedOrders {
  /** Newest first, both, but what can be fetched before all; undefined until the first answer. */
  readonly present: readonly ListedOrder[] | undefined;
  readonly past: readonly ListedOrder[] | undefined;
  /** The order that changed last while it was looked at. */
  readonly changed: ListedOrder | undefined;
  readonly problem: Problem | undefined;
  /** Undefined: there are no more. */
  readonly more: (() => Promise<void>) | undefined;
  readonly loadingMore: boolean;
  readonly live: LiveState;
  readonly askAgain: () => void;
}

/** A customer's orders: the list as it was asked for, with every change since. */
export function useOrders(): ListedOrders {
  const [orders, setOrders] = useState<ReadonlyMap<string, ListedOrder>>(new Map());
  const [end, setEnd] = useState<{ readonly hasNextPage: boolean; readonly endCursor: string | null }>();
  const [changed, setChanged] = useState<ListedOrder>();
  const [loadingMore, setLoadingMore] = useState(false);
  const [moreProblem, setMoreProblem] = useState<Problem>();
  const pages = useRef(1);
  const { data, problem, askAgain } = useAsk(CustomerOrdersDocument, { first: PAGE });

  function take(next: readonly ListedOrder[]): void {
    setOrders((last) => new Map([...last, ...next.map((one) => [one.id, newer(last.get(one.id), one)] as const)]));
  }
  useEffect(() => {
    if (data === undefined) return;
    take(data.orders.edges.map(({ node }) => node));
    // Further pages go on where they are.
    if (pages.current === 1) setEnd(data.orders.pageInfo);
  }, [data]);
  const live = useLive(
    FollowMyOrdersDocument,
    {},
    {
      next({ myOrdersChanged: { order } }) {
        const before = orders.get(order.id);
        if (before !== undefined && before.version < order.version) setChanged(order);
        take([order]);
      },
      // Orders may have ended that the present state does not tell of any more.
      resumed(outcome) {
        if (outcome !== 'exact') askAgain();
      },
    },
  );

  async function more(): Promise<void> {
    if (end === undefined || loadingMore) return;
    setLoadingMore(true);
    const variables = { first: PAGE, after: end.endCursor };
    const result = await asPerson(person.value?.subject, (client, context) =>
      client.query(CustomerOrdersDocument, variables, context).toPromise(),
    );
    setLoadingMore(false);
    if (result === undefined) return;
    const { data: page, error } = result;
    setMoreProblem(error === undefined ? undefined : problemOf(error, page != null));
    if (page == null) return;
    pages.current += 1;
    take(page.orders.edges.map(({ node }) => node));
    setEnd(page.orders.pageInfo);
  }

  const known = data !== undefined || orders.size > 0;
  const sorted = [...orders.values()].toSorted((one, other) => Date.parse(other.placedAt) - Date.parse(one.placedAt));
  return {
    present: known ? readyFirst(sorted.filter(({ status }) => !hasEnded(status))) : undefined,
    past: known ? sorted.filter(({ status }) => hasEnded(status)) : undefined,
    changed,
    problem: problem ?? moreProblem,
    more: end?.hasNextPage === true ? more : undefined,
    loadingMore,
    live,
    askAgain,
  };
}

function readyFirst(orders: readonly ListedOrder[]): readonly ListedOrder[] {
  return [...orders.filter(({ status }) => status === 'READY'), ...orders.filter(({ status }) => status !== 'READY')];
}
