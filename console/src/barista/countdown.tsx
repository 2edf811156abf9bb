import { minutesAndSeconds } from '../text/format.ts';
import { now } from '../ui/clock.ts';
import css from './card.module.css';
import { text } from './text.ts';

/** What a café has to answer where nobody says since when the order waits. ms */
const USUAL = 600_000;
/** ms */
const URGENT = 60_000;
const RADIUS = 27;
const AROUND = 2 * Math.PI * RADIUS;

interface CountdownProps {
  /** ISO instant */
  readonly until: string;
  /** ms since 1970 */
  readonly since: number | undefined;
}

/** A ring that empties until an order has to be answered. What happens then, the service says. */
export function Countdown({ until, since }: CountdownProps) {
  const end = Date.parse(until);
  const whole = since === undefined ? USUAL : Math.max(1_000, end - since);
  // A clock that is a little behind does not promise more than there was.
  const left = Math.min(whole, Math.max(0, end - now.value));
  const time = minutesAndSeconds(left / 1_000);
  return (
    <div
      class={`${css.countdown} ${left <= URGENT ? css.urgent : ''}`}
      role="timer"
      aria-label={left === 0 ? text.now.timeUp : text.now.left(time)}
    >
      <svg viewBox="0 0 64 64" width="76" height="76" aria-hidden="true">
        <circle class={css.track} cx="32" cy="32" r={RADIUS} />
        <circle
          class={css.rest}
          cx="32"
          cy="32"
          r={RADIUS}
          stroke-dasharray={AROUND}
          stroke-dashoffset={AROUND * (1 - left / whole)}
          transform="rotate(-90 32 32)"
        />
      </svg>
      <span aria-hidden="true">{time}</span>
    </div>
  );
}

/** The sentence under an order that nobody answered in time. */
export function TimeUp({ until }: Pick<CountdownProps, 'until'>) {
  if (Date.parse(until) > now.value) return null;
  return <p class={css.timeUp}>{text.now.timeUpNote}</p>;
}
