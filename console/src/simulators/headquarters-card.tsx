import { Building2 } from 'lucide-preact';
import { businessDay, count, won } from '../text/format.ts';
import { Badge } from '../ui/small.tsx';
import { daysOf, HEADQUARTERS_MODES, type HeadquartersBook, type HeadquartersKnobs } from './books.ts';
import { Card, Latency, Modes } from './card.tsx';
import css from './page.module.css';
import { text } from './text.ts';
import type { Simulator } from './use-simulator.ts';

interface HeadquartersCardProps {
  readonly simulator: Simulator<HeadquartersKnobs, HeadquartersBook>;
  readonly turn: (change: Partial<HeadquartersKnobs>) => void;
}

export function HeadquartersCard({ simulator: { reach, knobs, book }, turn }: HeadquartersCardProps) {
  const { headquarters: words, headquartersMode, headquartersModeSays } = text.now;
  const look = knobs === undefined || knobs.mode === 'ok' ? (knobs?.latencyMs ? 'slow' : 'works') : 'trouble';
  return (
    <Card
      title={words.title}
      icon={Building2}
      reach={reach}
      present={knobs && headquartersModeSays[knobs.mode]}
      look={look}
    >
      {knobs && (
        <>
          <Modes
            label={words.taking}
            modes={HEADQUARTERS_MODES}
            names={headquartersMode}
            says={headquartersModeSays}
            value={knobs.mode}
            choose={(mode) => turn({ mode })}
          />
          <Latency value={knobs.latencyMs} choose={(latencyMs) => turn({ latencyMs })} />
        </>
      )}
      {book && <Book book={book} />}
    </Card>
  );
}

/** How many arrivals are listed: the book may be long. */
const ARRIVALS = 30;

function Book({ book }: { readonly book: HeadquartersBook }) {
  const { headquarters: words } = text.now;
  const days = daysOf(book);
  const arrivals = book.transfers.slice(-ARRIVALS).toReversed();
  return (
    <div class={css.stack}>
      <h3>{words.book}</h3>
      {book.transfers.length === 0 && <p class={css.soft}>{words.nothing}</p>}
      {days.length > 0 && (
        <div class={css.scroll} role="region" aria-label={words.book} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.cafe}</th>
                <th scope="col">{words.day}</th>
                <th scope="col" class={css.number}>
                  {words.sum}
                </th>
                <th scope="col" class={css.number}>
                  {words.qty}
                </th>
                <th scope="col" class={css.number}>
                  {words.orders}
                </th>
                <th scope="col" class={css.number}>
                  {words.revision}
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={`${day.cafeId}:${day.businessDate}`}>
                  <td>{words.cafeNo(day.cafeId)}</td>
                  <td>{businessDay(day.businessDate)}</td>
                  <td class={css.number}>{won(day.salesSum)}</td>
                  <td class={css.number}>{count(day.salesQty)}</td>
                  <td class={css.number}>{count(day.orderCount)}</td>
                  <td class={css.number}>{count(day.revision)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {arrivals.length > 0 && (
        <>
          <h3>{words.arrivals}</h3>
          <div class={css.scroll} role="region" aria-label={words.arrivals} tabIndex={0}>
            <ul class={css.arrivals}>
              {arrivals.map((one, index) => (
                <li key={book.transfers.length - index}>
                  <span>{words.arrival(one.cafeId, businessDay(one.businessDate), count(one.revision))}</span>
                  <span class={css.number}>{won(one.salesSum)}</span>
                  <Badge kind={one.accepted ? 'good' : 'bad'}>{one.accepted ? words.accepted : words.rejected}</Badge>
                </li>
              ))}
            </ul>
          </div>
        </>
      )}
    </div>
  );
}
