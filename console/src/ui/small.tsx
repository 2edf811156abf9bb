import type { ComponentChildren } from 'preact';
import { text } from './text.ts';
import css from './ui.module.css';

/** While something is awaited for the first time. */
export function Busy({ children = text.now.loading }: { readonly children?: ComponentChildren }) {
  return (
    <div class={css.busy} role="status">
      <span class={css.spinner} aria-hidden="true" />
      {children}
    </div>
  );
}

/** Where there is nothing to show: says so, and what to do. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class={css.empty}>{children}</div>;
}

interface BadgeProps {
  readonly kind?: 'plain' | 'good' | 'bad' | 'warn';
  readonly children: ComponentChildren;
}

export function Badge({ kind = 'plain', children }: BadgeProps) {
  const looks = { plain: '', good: css.badgeGood, bad: css.badgeBad, warn: css.badgeWarn };
  return <span class={`${css.badge} ${looks[kind]}`}>{children}</span>;
}

interface SegmentsProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: ComponentChildren; readonly name?: string }[];
  readonly value: Value;
  readonly choose: (value: Value) => void;
}

/** A choice of a few, all in sight. `name` is read out where the label is an icon. */
export function Segments<Value extends string>({ label, options, value, choose }: SegmentsProps<Value>) {
  return (
    <div class={css.segments} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          aria-label={option.name}
          title={option.name}
          onClick={() => choose(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
