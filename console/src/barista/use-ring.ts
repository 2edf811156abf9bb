import { useEffect, useRef } from 'preact/hooks';
import type { Board } from './board.ts';
import { ring, wakeWithFirstTouch } from './sound.ts';

/** While an order waits for an answer. ms */
const AGAIN = 20_000;

/** Rings for each new order, and again for as long as one waits. */
export function useRing(board: Board): void {
  const rung = useRef<ReadonlySet<string>>(new Set());
  const waiting = [...board.cards.values()].filter((card) => card.column === 'new' && card.leavesAt === undefined);
  const anyWaits = waiting.length > 0;

  useEffect(wakeWithFirstTouch, []);
  useEffect(
    function ringForNew() {
      const ids = new Set(waiting.map(({ delivery }) => delivery.orderId));
      if ([...ids].some((id) => !rung.current.has(id))) ring();
      rung.current = ids;
    },
    [board],
  );
  useEffect(
    function ringAgain() {
      if (!anyWaits) return undefined;
      const timer = setInterval(ring, AGAIN);
      return () => clearInterval(timer);
    },
    [anyWaits],
  );
}
