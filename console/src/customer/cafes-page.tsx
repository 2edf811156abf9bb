import { ChevronRight, Store } from 'lucide-preact';
import { CustomerCafesDocument } from '../generated/documents.ts';
import { useAsk } from '../graph/use-ask.ts';
import { ForRole } from '../shell/for-role.tsx';
import { useTitle } from '../shell/use-title.ts';
import { timeOfDay } from '../text/format.ts';
import { cafeName } from '../text/products.ts';
import { Note } from '../ui/note.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Badge, Busy, Empty } from '../ui/small.tsx';
import css from './page.module.css';
import { PlacingNote } from './placing/placing-note.tsx';
import { text } from './text.ts';
import { useKept } from './use-kept.ts';
import { Wait } from './wait.tsx';

/** The present wait is asked for so often. ms */
export const ASK_EVERY = 10_000;

/** /order: where one could order, and how long it would take now. */
export function CafesPage() {
  useTitle(text.now.cafes.title);
  return <ForRole role="customer">{({ subject }) => <Cafes key={subject} subject={subject} />}</ForRole>;
}

function Cafes({ subject }: { readonly subject: string }) {
  const { data, problem, answeredAt } = useAsk(CustomerCafesDocument, {}, { every: ASK_EVERY });
  const { value: cafes, keptAt } = useKept(
    'cafe.cafes',
    data?.cafes.edges.map(({ node }) => node),
    answeredAt,
  );
  const old = problem === undefined ? undefined : (keptAt ?? answeredAt);
  return (
    <div class={css.page}>
      <h1>{text.now.cafes.title}</h1>
      <PlacingNote subject={subject} />
      {old !== undefined && (
        <Note kind="warn" role="status">
          <p>{text.now.asOf(timeOfDay(new Date(old)))}</p>
        </Note>
      )}
      {cafes === undefined && problem !== undefined && <ProblemNote problem={problem} />}
      {cafes === undefined && problem === undefined && <Busy />}
      {cafes?.length === 0 && (
        <Empty>
          <p>{text.now.cafes.none}</p>
        </Empty>
      )}
      <ul class={css.cafes}>
        {cafes?.map(({ id, name, open, queueLength, waitMinutes }) => (
          <li key={id}>
            <a class={`${css.cafe} ${open ? '' : css.cafeClosed}`} href={`/order/${encodeURIComponent(id)}`}>
              <Store size={28} aria-hidden="true" />
              <span class={css.cafeWords}>
                <span class={css.cafeName}>
                  <b>{cafeName(name)}</b>
                  <Badge kind={open ? 'good' : 'plain'}>{open ? text.now.open : text.now.closed}</Badge>
                </span>
                {open ? (
                  <Wait minutes={waitMinutes} before={queueLength} />
                ) : (
                  <span class={css.soft}>{text.now.cafes.closedNote}</span>
                )}
              </span>
              <ChevronRight size={22} aria-hidden="true" />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
