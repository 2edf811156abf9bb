import { useState } from 'preact/hooks';
import { businessDay, count, dayAndTime, won } from '../text/format.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/small.tsx';
import { Chart } from './chart.tsx';
import css from './page.module.css';
import { Panel } from './panel.tsx';
import { addUp, type Grouping, type PeriodSums } from './periods.ts';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';
import type { AskedAlong } from './use-ask-along.ts';

interface OverTimePanelProps {
  readonly grouping: Grouping;
  readonly group: (grouping: Grouping) => void;
  /** Of each period, oldest first. */
  readonly sums: readonly PeriodSums[] | undefined;
  /** ISO instants of the newest entries. */
  readonly asOf: readonly string[] | undefined;
  readonly asked: AskedAlong<unknown>;
  readonly cafe: SalesCafe;
  readonly picked: string | undefined;
  readonly pick: (period: string | undefined) => void;
}

/** Days or months as a chart or a table, and what the picked one, or all of them, came to. */
export function OverTimePanel(props: OverTimePanelProps) {
  const { grouping, group, sums = [], asOf = [], asked, cafe, picked, pick } = props;
  const [look, setLook] = useState<'chart' | 'table'>('chart');
  const words = text.now.chart;
  const newest = asOf.reduce((last, at) => (at > last ? at : last), '');
  const shown = sums.filter(({ period }) => picked === undefined || period === picked);
  return (
    <Panel
      class={css.overTime}
      title={words.title}
      scope={picked === undefined ? words.all[grouping] : businessDay(picked)}
      asked={asked}
      ready={props.sums !== undefined}
      timeZone={cafe.timeZone}
      tools={
        <>
          <Segments
            label={words.by}
            options={[
              { value: 'DAY', label: words.DAY },
              { value: 'MONTH', label: words.MONTH },
            ]}
            value={grouping}
            choose={group}
          />
          <Segments
            label={words.show}
            options={[
              { value: 'chart', label: words.chart },
              { value: 'table', label: words.table },
            ]}
            value={look}
            choose={setLook}
          />
        </>
      }
    >
      <Totals sums={addUp(shown)} />
      {look === 'chart' ? (
        <Chart sums={sums} grouping={grouping} picked={picked} pick={pick} />
      ) : (
        <SumsTable sums={sums} grouping={grouping} picked={picked} pick={pick} />
      )}
      <footer class={css.chartFoot}>
        {look === 'chart' && (
          <ul class={css.legend}>
            <li class={css.keySold}>{words.sold}</li>
            <li class={css.keyOrdered}>{words.ordered}</li>
            {sums.some(({ sold }) => sold < 0) && <li class={css.keyBelow}>{words.below}</li>}
          </ul>
        )}
        <small class={css.soft}>{newest === '' ? words.empty : words.asOf(dayAndTime(newest, cafe.timeZone))}</small>
        {picked !== undefined && <Button onClick={() => pick(undefined)}>{words.back[grouping]}</Button>}
      </footer>
    </Panel>
  );
}

function Totals({ sums }: { readonly sums: Omit<PeriodSums, 'period'> }) {
  const words = text.now.today;
  return (
    <dl class={css.totals}>
      <div>
        <dt>{words.sold}</dt>
        <dd class={sums.sold < 0 ? css.below : ''}>{won(sums.sold)}</dd>
      </div>
      <div>
        <dt>{words.qty}</dt>
        <dd>{count(sums.qty)}</dd>
      </div>
      <div>
        <dt>{words.orders}</dt>
        <dd>{count(sums.orders)}</dd>
      </div>
      <div>
        <dt>{words.ordered}</dt>
        <dd>{won(sums.ordered)}</dd>
      </div>
      <div>
        <dt>{words.canceled}</dt>
        <dd>{won(sums.canceled)}</dd>
      </div>
    </dl>
  );
}

interface SumsTableProps extends Pick<OverTimePanelProps, 'grouping' | 'picked' | 'pick'> {
  readonly sums: readonly PeriodSums[];
}

/** The same figures to read, newest first; a day or month is picked by its name. */
function SumsTable({ sums, grouping, picked, pick }: SumsTableProps) {
  const words = text.now.today;
  return (
    <div class={css.scroller} role="region" tabIndex={0} aria-label={text.now.chart.title}>
      <table class={css.table}>
        <thead>
          <tr>
            <th scope="col">{text.now.chart.period[grouping]}</th>
            <th scope="col">{words.sold}</th>
            <th scope="col">{words.qty}</th>
            <th scope="col">{words.orders}</th>
            <th scope="col">{words.ordered}</th>
            <th scope="col">{words.canceled}</th>
          </tr>
        </thead>
        <tbody>
          {sums.toReversed().map(({ period, sold, qty, orders, ordered, canceled }) => (
            <tr key={period} class={period === picked ? css.pickedRow : ''}>
              <th scope="row">
                <button
                  type="button"
                  class={css.rowPick}
                  aria-pressed={period === picked}
                  onClick={() => pick(period === picked ? undefined : period)}
                >
                  {businessDay(period)}
                </button>
              </th>
              <td class={sold < 0 ? css.below : ''}>{won(sold)}</td>
              <td>{count(qty)}</td>
              <td>{count(orders)}</td>
              <td>{won(ordered)}</td>
              <td>{won(canceled)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
