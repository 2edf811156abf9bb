import { useEffect, useState } from 'preact/hooks';
import { SalesCorrectionsDocument, type SalesCorrectionsQuery } from '../generated/documents.ts';
import { businessDay, count, dayAndTime, won } from '../text/format.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/small.tsx';
import css from './page.module.css';
import { Panel } from './panel.tsx';
import type { ScopedProps } from './products-panel.tsx';
import { text } from './text.ts';
import { useAskAlong } from './use-ask-along.ts';

const PAGE = 6;
/** Enough of an order's id to tell it from the others. */
const SHORT = 8;
/** As many as are given for one question. */
const MOST = 100;
/** ms */
const EVERY = 15_000;

/** What the café took back, and why. */
export function CorrectionsPanel({ cafe, range, changes, scope, grouping }: ScopedProps) {
  const [first, setFirst] = useState(PAGE);
  useEffect(() => setFirst(PAGE), [range.from, range.to]);
  const asked = useAskAlong(SalesCorrectionsDocument, { cafeId: cafe.id, ...range, first }, { changes, every: EVERY });
  const words = text.now.corrections;
  const list = asked.shown?.corrections;
  return (
    <Panel
      class={css.corrections}
      title={words.title}
      scope={scope === undefined ? text.now.chart.all[grouping] : businessDay(scope)}
      about={words.about}
      asked={asked}
      ready={list !== undefined}
      outdated={asked.outdated}
      timeZone={cafe.timeZone}
    >
      {list !== undefined && list.edges.length === 0 && (
        <Empty>
          <p>{words.empty}</p>
        </Empty>
      )}
      {list !== undefined && list.edges.length > 0 && (
        <table class={css.table}>
          <thead>
            <tr>
              <th scope="col">{words.when}</th>
              <th scope="col">{words.why}</th>
              <th scope="col">{words.amount}</th>
            </tr>
          </thead>
          <tbody>
            {list.edges.map(({ node }) => (
              <Row key={node.orderId} correction={node} timeZone={cafe.timeZone} />
            ))}
          </tbody>
        </table>
      )}
      {list?.pageInfo.hasNextPage === true && first < MOST && (
        <Button look="quiet" onClick={() => setFirst(Math.min(MOST, first + 4 * PAGE))}>
          {words.more}
        </Button>
      )}
    </Panel>
  );
}

type Correction = SalesCorrectionsQuery['corrections']['edges'][number]['node'];

function Row({ correction, timeZone }: { readonly correction: Correction; readonly timeZone: string }) {
  const { orderId, businessDate, soldOn, amount, qty, reason, at } = correction;
  const words = text.now.corrections;
  return (
    <tr>
      <td>
        {dayAndTime(at, timeZone)}
        {soldOn != null && soldOn !== businessDate && <small>{words.soldOn(businessDay(soldOn))}</small>}
      </td>
      <td class={css.words}>
        {reason ?? words.noReason}
        <small class={css.id} title={orderId}>
          {words.order(orderId.slice(0, SHORT))}
        </small>
      </td>
      <td class={css.below}>
        {won(-amount)}
        <small>{words.items(count(qty))}</small>
      </td>
    </tr>
  );
}
