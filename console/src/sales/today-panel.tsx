import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../graph/problem.ts';
import { businessDay, count, exactTime, won } from '../text/format.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Busy } from '../ui/small.tsx';
import css from './page.module.css';
import type { PeriodSums } from './periods.ts';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';
import type { LiveDay } from './use-live-days.ts';

interface TodayPanelProps {
  readonly cafe: SalesCafe;
  readonly day: string;
  /** As the live connection told it. */
  readonly heard: LiveDay | undefined;
  /** As it was asked for: with what the live connection does not tell. */
  readonly sums: PeriodSums | undefined;
  readonly yesterday: PeriodSums | undefined;
  /** Why nothing is known. */
  readonly problem: Problem | undefined;
  readonly askAgain: () => void;
}

/** The present business day, live. */
export function TodayPanel({ cafe, day, heard, sums, yesterday, problem, askAgain }: TodayPanelProps) {
  const words = text.now.today;
  // The sums have what was heard in them, where that is newer.
  const known = sums ?? (heard && { sold: heard.salesSum, qty: heard.salesQty, orders: heard.orderCount });
  const spoken = useSettled(
    known === undefined ? '' : words.spoken(won(known.sold), count(known.qty), count(known.orders)),
  );
  return (
    <section class={css.today} aria-labelledby="sales-today">
      <h2 id="sales-today" class={css.todayTitle}>
        {words.title(businessDay(day))}
      </h2>
      <p class="visually-hidden" role="status">
        {spoken}
      </p>
      {known === undefined && (problem === undefined ? <Busy /> : <ProblemNote problem={problem} again={askAgain} />)}
      {known !== undefined && (
        <dl class={css.tiles}>
          <div class={`${css.tile} ${css.hero}`}>
            <dt>{words.sold}</dt>
            <dd key={known.sold} class={`${css.figure} ${known.sold < 0 ? css.below : ''}`}>
              {won(known.sold)}
            </dd>
            <dd class={css.tileNote}>
              {heard === undefined || heard.revision === 0
                ? words.nothing
                : words.lastChange(exactTime(heard.updatedAt, cafe.timeZone))}
              {yesterday !== undefined && <> · {words.yesterday(won(yesterday.sold))}</>}
            </dd>
          </div>
          <Tile name={words.qty} figure={count(known.qty)} />
          <Tile name={words.orders} figure={count(known.orders)} />
          <Tile
            name={words.average}
            figure={known.orders > 0 && known.sold >= 0 ? won(Math.round(known.sold / known.orders)) : '–'}
          />
          <Tile name={words.ordered} figure={won(sums?.ordered ?? 0)} />
          <Tile name={words.canceled} figure={won(sums?.canceled ?? 0)} bad={(sums?.canceled ?? 0) > 0} />
        </dl>
      )}
    </section>
  );
}

function Tile({
  name,
  figure,
  bad = false,
}: {
  readonly name: string;
  readonly figure: string;
  readonly bad?: boolean;
}) {
  return (
    <div class={css.tile}>
      <dt>{name}</dt>
      <dd key={figure} class={`${css.figure} ${bad ? css.below : ''}`}>
        {figure}
      </dd>
    </div>
  );
}

/** A text that changed is read out once it has been still for so long. ms */
const STILL = 2_500;

function useSettled(words: string): string {
  const [settled, setSettled] = useState('');
  useEffect(
    function wait() {
      const timer = setTimeout(() => setSettled(words), STILL);
      return () => clearTimeout(timer);
    },
    [words],
  );
  return settled;
}
