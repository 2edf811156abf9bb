import { Clock } from 'lucide-preact';
import css from './page.module.css';
import { text } from './text.ts';

interface WaitProps {
  /** How long a new order will take, as things stand. */
  readonly minutes: number;
  /** Orders that are made first. */
  readonly before: number;
}

/** about 8 min · 3 orders before yours */
export function Wait({ minutes, before }: WaitProps) {
  const { wait } = text.now;
  return (
    <span class={css.wait}>
      <Clock size={17} aria-hidden="true" />
      <span>
        <b>{wait.minutes(minutes)}</b> · {wait.before(before)}
      </span>
    </span>
  );
}
