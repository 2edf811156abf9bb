import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { SalesStatisticsDocument } from '../generated/documents.ts';
import { CorrectionsPanel } from './corrections-panel.tsx';
import { Freshness } from './freshness.tsx';
import { newestDay, withLive, type AskedSums } from './live-days.ts';
import { OverTimePanel } from './over-time-panel.tsx';
import css from './page.module.css';
import { fillPeriods, periodsUntil, rangeOf, rangeOfAll, shiftDay, type Grouping } from './periods.ts';
import { ProductsPanel } from './products-panel.tsx';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';
import { TodayPanel } from './today-panel.tsx';
import { TransfersPanel } from './transfers-panel.tsx';
import { useAskAlong } from './use-ask-along.ts';
import { useLiveDays } from './use-live-days.ts';

interface DashboardProps {
  readonly cafe: SalesCafe;
  /** The present business day by this machine's clock, until the service has said its own. */
  readonly day: string;
  readonly choose: ComponentChildren;
}

/** What was ordered and paid is told by nobody; and who does not answer is noticed so soon. ms */
const EVERY = 10_000;

/** All about one café. */
export function Dashboard({ cafe, day, choose }: DashboardProps) {
  const { days, changes, live } = useLiveDays(cafe.id);
  const heard = newestDay(days);
  const today = heard?.businessDate ?? day;
  const [grouping, setGrouping] = useState<Grouping>('DAY');
  const [picked, setPicked] = useState<string>();

  const recent = useAskAlong(
    SalesStatisticsDocument,
    { cafeId: cafe.id, ...rangeOfAll(periodsUntil(today, 'DAY')), groupBy: 'DAY' as const },
    { changes, every: EVERY },
  );
  const months = useAskAlong(
    SalesStatisticsDocument,
    grouping === 'DAY'
      ? undefined
      : { cafeId: cafe.id, ...rangeOfAll(periodsUntil(today, 'MONTH')), groupBy: 'MONTH' as const },
    { changes, every: EVERY },
  );
  const perDay = recent.data && withLive(recent.data.accountingStatistics.map(sumsOf), days);
  const charted = grouping === 'DAY' ? perDay : months.data?.accountingStatistics.map(sumsOf);
  const periods = periodsUntil(today, grouping);
  const range = picked === undefined ? rangeOfAll(periods) : rangeOf(picked);
  const along = { cafe, range, changes };

  return (
    <div class={css.page}>
      <header class={css.head}>
        <h1>{text.now.title}</h1>
        {choose}
        <Freshness live={live} asked={recent} timeZone={cafe.timeZone} />
      </header>
      <TodayPanel
        cafe={cafe}
        day={today}
        heard={heard}
        sums={perDay?.find(({ period }) => period === today)}
        yesterday={perDay && fillPeriods([shiftDay(today, -1)], perDay)[0]}
        problem={recent.data === undefined ? recent.problem : undefined}
        askAgain={recent.askAgain}
      />
      <div class={css.panels}>
        <OverTimePanel
          grouping={grouping}
          group={function regroup(chosen) {
            setGrouping(chosen);
            setPicked(undefined);
          }}
          sums={charted && fillPeriods(periods, charted)}
          asked={grouping === 'DAY' ? recent : months}
          asOf={(grouping === 'DAY' ? recent : months).data?.accountingStatistics.map(({ asOf }) => asOf)}
          cafe={cafe}
          picked={picked}
          pick={setPicked}
        />
        <ProductsPanel {...along} scope={picked} grouping={grouping} />
        <CorrectionsPanel {...along} scope={picked} grouping={grouping} />
        <TransfersPanel cafe={cafe} changes={changes} />
      </div>
    </div>
  );
}

type Told = {
  readonly asOf: string;
  readonly period: string;
  readonly orderedSum: number;
  readonly salesSum: number;
  readonly canceledSum: number;
  readonly salesQty: number;
  readonly orderCount: number;
};

function sumsOf({ period, orderedSum, salesSum, canceledSum, salesQty, orderCount, asOf }: Told): AskedSums {
  const sums = { sold: salesSum, canceled: canceledSum, qty: salesQty, orders: orderCount };
  return { period, ordered: orderedSum, ...sums, asOf };
}
