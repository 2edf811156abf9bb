import { useEffect, useState } from 'preact/hooks';
import { CustomerOrderDocument, FollowOrderDocument } from '../../generated/documents.ts';
import type { Problem } from '../../graph/problem.ts';
import { useAsk } from '../../graph/use-ask.ts';
import { useLive, type LiveState } from '../../graph/use-live.ts';
import { isIncomplete, newer, type WholeOrder } from './order.ts';

/** SMS follow their change within a moment; a bank or a service may need longer. ms */
const LOOK_AGAIN = [700, 1_300, 2_500, 5_000, 10_000] as const;

export interface FollowedOrder {
  readonly order: WholeOrder | undefined;
  /** There is none of this customer's. */
  readonly missing: boolean;
  readonly problem: Problem | undefined;
  readonly live: LiveState;
  readonly askAgain: () => void;
  readonly take: (order: WholeOrder) => void;
}

/** An order as it is now and becomes, from its changes; what moves without a change is asked for. */
export function useOrder(orderId: string): FollowedOrder {
  const [order, setOrder] = useState<WholeOrder>();
  const [looks, setLooks] = useState(0);
  const take = (next: WholeOrder) => setOrder((last) => newer(last, next));
  const { data, problem, askAgain } = useAsk(CustomerOrderDocument, { orderId });
  const live = useLive(
    FollowOrderDocument,
    { orderId },
    {
      next: ({ orderStatusChanged }) => take(orderStatusChanged.order),
      // What moved without a change may have moved meanwhile.
      resumed: askAgain,
    },
  );
  useEffect(() => {
    if (data?.order != null) take(data.order);
  }, [data]);
  useEffect(() => setLooks(0), [order?.version]);
  useEffect(
    function lookAgain() {
      if (order === undefined || !isIncomplete(order)) return undefined;
      const timer = setTimeout(
        function look() {
          setLooks((count) => count + 1);
          if (!document.hidden) askAgain();
        },
        LOOK_AGAIN[Math.min(looks, LOOK_AGAIN.length - 1)],
      );
      return () => clearTimeout(timer);
    },
    [order === undefined ? '' : isIncomplete(order), order?.version, looks],
  );
  const missing = order === undefined && data?.order === null && problem === undefined;
  return { order, missing, problem, live, askAgain, take };
}
