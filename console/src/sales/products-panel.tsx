import { useState } from 'preact/hooks';
import { SalesProductsDocument } from '../generated/documents.ts';
import { businessDay, count, won } from '../text/format.ts';
import { productName } from '../text/products.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/small.tsx';
import css from './page.module.css';
import { Panel } from './panel.tsx';
import type { Grouping, Range } from './periods.ts';
import { rank, type Ranked } from './ranking.ts';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';
import { useAskAlong } from './use-ask-along.ts';

export interface ScopedProps {
  readonly cafe: SalesCafe;
  readonly range: Range;
  readonly changes: number;
  /** The picked day or month; undefined: all that are charted. */
  readonly scope: string | undefined;
  readonly grouping: Grouping;
}

/** How many are shown at first. */
const TOP = 8;
/** ms */
const EVERY = 15_000;

/** What sold how well. */
export function ProductsPanel({ cafe, range, changes, scope, grouping }: ScopedProps) {
  const asked = useAskAlong(SalesProductsDocument, { cafeId: cafe.id, ...range }, { changes, every: EVERY });
  const [all, setAll] = useState(false);
  const words = text.now.products;
  const ranked = rank(
    (asked.shown?.productSales ?? []).map(({ product, salesQty, salesSum }) => ({
      product: product ?? null,
      qty: salesQty,
      sum: salesSum,
    })),
  );
  return (
    <Panel
      class={css.products}
      title={words.title}
      scope={scope === undefined ? text.now.chart.all[grouping] : businessDay(scope)}
      asked={asked}
      ready={asked.shown !== undefined}
      outdated={asked.outdated}
      timeZone={cafe.timeZone}
    >
      {ranked.length === 0 ? (
        <Empty>
          <p>{words.empty}</p>
        </Empty>
      ) : (
        <ol class={css.ranking}>
          {(all ? ranked : ranked.slice(0, TOP)).map((product) => (
            <RankedProduct key={product.product ?? ''} {...product} />
          ))}
        </ol>
      )}
      {ranked.length > TOP && (
        <Button look="quiet" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? words.fewer : words.more}
        </Button>
      )}
    </Panel>
  );
}

function RankedProduct({ product, rank: place, qty, sum, length, share }: Ranked) {
  const words = text.now.products;
  return (
    <li class={css.ranked}>
      <span class={css.place}>{place}</span>
      <span class={css.productName}>{product === null ? words.unknown : productName(product)}</span>
      <span class={css.productQty}>{words.qty(count(qty))}</span>
      <b class={sum < 0 ? css.below : ''}>{won(sum)}</b>
      <span class={css.track} title={share === undefined ? undefined : words.share(`${Math.round(share * 100)}%`)}>
        <span class={css.length} style={{ width: `${length * 100}%` }} />
      </span>
    </li>
  );
}
