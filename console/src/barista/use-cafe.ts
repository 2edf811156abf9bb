import { useEffect, useState } from 'preact/hooks';
import { BoardCafeNowDocument, type BoardCafeFragment } from '../generated/documents.ts';
import { useAsk } from '../graph/use-ask.ts';

export type Cafe = BoardCafeFragment;

/** Menu and opening can be changed on another screen, and nobody tells. ms */
const EVERY = 15_000;
/** Many changes at once are one reason to ask. ms */
const SOON = 400;

/** @param version steps with every change of the orders, which changes the queue */
export function useCafe(cafeId: string, version: unknown) {
  const asked = useAsk(BoardCafeNowDocument, { cafeId }, { every: EVERY });
  const [told, setTold] = useState<{ readonly cafe: Cafe; readonly at: number }>();

  useEffect(
    function askSoon() {
      const timer = setTimeout(asked.askAgain, SOON);
      return () => clearTimeout(timer);
    },
    [version],
  );

  const newer = told !== undefined && told.at > (asked.answeredAt ?? 0) ? told.cafe : undefined;
  const cafe = newer ?? asked.data?.cafe ?? undefined;
  return {
    cafe,
    problem: cafe === undefined ? asked.problem : undefined,
    /** What a command answered: shown at once, and asked for once more. */
    tell(changed: Cafe): void {
      setTold({ cafe: changed, at: Date.now() });
      asked.askAgain();
    },
  };
}
