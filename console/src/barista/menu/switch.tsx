import css from './menu.module.css';

interface SwitchProps {
  /** Read out; what is seen is `words`. */
  readonly label: string;
  readonly words: string;
  readonly on: boolean;
  readonly busy: boolean;
  readonly turn: (on: boolean) => void;
}

/** On or off at one touch; shows what is, not what was asked for. */
export function Switch({ label, words, on, busy, turn }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      class={css.switch}
      aria-checked={on}
      aria-label={label}
      aria-busy={busy}
      onClick={() => busy || turn(!on)}
    >
      <span class={css.rail} aria-hidden="true" />
      <span aria-hidden="true">{busy ? '…' : words}</span>
    </button>
  );
}
