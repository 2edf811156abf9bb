import { exactTime } from '../text/format.ts';
import { shortId, type Board, type Happening } from './board.ts';
import css from './just-now.module.css';
import { text } from './text.ts';

interface JustNowProps {
  readonly happenings: Board['happenings'];
  readonly timeZone: string;
}

/** The last that happened, so that nothing goes unseen. */
export function JustNow({ happenings, timeZone }: JustNowProps) {
  return (
    <section class={css.justNow}>
      <h2>{text.now.justNow}</h2>
      {happenings.length === 0 && <p>{text.now.justNowEmpty}</p>}
      <div role="log" aria-label={text.now.justNow}>
        {happenings.length > 0 && (
          <ol>
            {happenings.map((one) => (
              <li key={one.key}>
                <time dateTime={new Date(one.at).toISOString()}>{exactTime(new Date(one.at), timeZone)}</time>
                <b>{nameOf(one)}</b>
                <span>
                  {text.now.states[one.status]}
                  {one.elsewhere && <small> · {text.now.elsewhere}</small>}
                </span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}

function nameOf({ queueNumber, orderId }: Happening): string {
  return queueNumber === null ? shortId(orderId) : text.now.number(queueNumber);
}
