import { useEffect, useRef, useState } from 'preact/hooks';
import { useLive, type LiveState } from '../graph/use-live.ts';
import { SalesLiveDocument, type SalesLiveSubscription } from '../generated/documents.ts';

export type LiveDay = SalesLiveSubscription['accountingChanged'];

export interface LiveDays {
  /** What was told since the page is open, by business day. */
  readonly days: ReadonlyMap<string, LiveDay>;
  /** Counts on when something changed that other questions' answers rest on, in bursts once. */
  readonly changes: number;
  readonly live: LiveState;
}

/** A burst of sales asks its questions once. ms */
const BURST = 2_000;

/** Follows the days of a café as they change. */
export function useLiveDays(cafeId: string): LiveDays {
  const [days, setDays] = useState<ReadonlyMap<string, LiveDay>>(new Map());
  const [changes, setChanges] = useState(0);
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const first = useRef(true);
  useEffect(() => () => clearTimeout(waiting.current), []);

  function tellLater(): void {
    waiting.current ??= setTimeout(function tell() {
      waiting.current = undefined;
      setChanges((count) => count + 1);
    }, BURST);
  }

  const live = useLive(
    SalesLiveDocument,
    { cafeId },
    {
      next({ accountingChanged: day }) {
        setDays((known) => new Map(known).set(day.businessDate, day));
        // The first is what is, and that is asked for anyway.
        if (!first.current) tellLater();
        first.current = false;
      },
      resumed(outcome) {
        // What was missed is not told: days of before may have changed, and are asked for again.
        if (outcome !== 'exact') setDays(new Map());
        tellLater();
      },
    },
  );
  return { days, changes, live };
}
