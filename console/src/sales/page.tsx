import { useLocation } from 'preact-iso';
import { SalesCafesDocument } from '../generated/documents.ts';
import { useAsk } from '../graph/use-ask.ts';
import { ForRole } from '../shell/for-role.tsx';
import type { Person } from '../shell/session.ts';
import { useTitle } from '../shell/use-title.ts';
import { HOME_ZONE } from '../text/format.ts';
import { cafeName } from '../text/products.ts';
import { now } from '../ui/clock.ts';
import { Note } from '../ui/note.tsx';
import { Empty } from '../ui/small.tsx';
import { CafeChoice } from './cafe-choice.tsx';
import { Dashboard } from './dashboard.tsx';
import css from './page.module.css';
import { businessDayAt } from './periods.ts';
import type { SalesCafe } from './sales-cafe.ts';
import { text } from './text.ts';

/** Until a café has told its own. */
const HOME_CUTOFF = 4;

interface SalesPageProps {
  readonly cafeId?: string;
}

/** What a café sold, live: for its accountant. */
export function SalesPage({ cafeId }: SalesPageProps) {
  useTitle(text.now.title);
  return <ForRole role="accountant">{(who) => <CafesSales who={who} cafeId={cafeId} />}</ForRole>;
}

function CafesSales({ who, cafeId }: { readonly who: Person; readonly cafeId: string | undefined }) {
  const { route } = useLocation();
  // Names come from another service; without it a café is called by its number.
  const { data } = useAsk(SalesCafesDocument, {});
  const told = new Map(data?.cafes.edges.map(({ node }) => [node.id, node]));
  const cafes = who.cafes.map(function named(id): SalesCafe {
    const { name, timeZone = HOME_ZONE, dayCutoffHour = HOME_CUTOFF } = told.get(id) ?? {};
    return {
      id,
      name: name === undefined ? text.now.cafeNumber(id) : cafeName(name),
      timeZone,
      dayCutoffHour,
    };
  });
  const cafe = cafeId === undefined ? cafes[0] : cafes.find(({ id }) => id === cafeId);
  const choose = (
    <CafeChoice cafes={cafes} value={cafe?.id} choose={(id) => route(`/sales/${encodeURIComponent(id)}`)} />
  );
  if (cafes.length === 0) {
    return (
      <Empty>
        <h1>{text.now.title}</h1>
        <p>{text.now.noCafes}</p>
      </Empty>
    );
  }
  if (cafe === undefined) {
    return (
      <div class={css.page}>
        <header class={css.head}>
          <h1>{text.now.title}</h1>
          {choose}
        </header>
        <Note kind="warn" role="alert">
          <p>{text.now.notYours(cafeId ?? '')}</p>
        </Note>
      </div>
    );
  }
  // At the cut-off hour another day begins: everything is asked anew then.
  const day = businessDayAt(now.value, cafe.timeZone, cafe.dayCutoffHour);
  return <Dashboard key={`${cafe.id} ${day}`} cafe={cafe} day={day} choose={choose} />;
}
