import type { LucideIcon } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Note } from '../ui/note.tsx';
import { Badge, Busy, Segments } from '../ui/small.tsx';
import css from './page.module.css';
import { text } from './text.ts';
import type { Reach } from './use-simulator.ts';

interface CardProps {
  readonly title: string;
  readonly icon: LucideIcon;
  readonly reach: Reach;
  /** What it does at present, in a sentence; undefined until it is known. */
  readonly present: string | undefined;
  readonly look: 'works' | 'slow' | 'trouble';
  readonly children: ComponentChildren;
}

const badges = { works: 'good', slow: 'warn', trouble: 'bad' } as const;

/** One outside system: how it is at present, what it could be, and what is in its books. */
export function Card({ title, icon: Icon, reach, present, look, children }: CardProps) {
  const heading = useId();
  return (
    <section class={css.card} aria-labelledby={heading}>
      <div class={css.cardHead}>
        <Icon size={26} aria-hidden="true" />
        <h2 id={heading}>{title}</h2>
        {present !== undefined && <Badge kind={badges[look]}>{text.now[look]}</Badge>}
      </div>
      {reach === 'unreachable' && (
        <Note kind="warn" role="alert">
          <p>{text.now.unreachable}</p>
        </Note>
      )}
      {present === undefined ? (
        reach === 'loading' && <Busy />
      ) : (
        <>
          <p class={css.present} role="status">
            {present}
          </p>
          {children}
        </>
      )}
    </section>
  );
}

interface ModesProps<Mode extends string> {
  readonly label: string;
  readonly modes: readonly Mode[];
  readonly names: Readonly<Record<Mode, string>>;
  /** What each does, in a sentence. */
  readonly says: Readonly<Record<Mode, string>>;
  readonly value: Mode;
  readonly choose: (mode: Mode) => void;
}

/** The ways that it can behave, one click each. */
export function Modes<Mode extends string>({ label, modes, names, says, value, choose }: ModesProps<Mode>) {
  const heading = useId();
  return (
    <div>
      <h3 id={heading}>{label}</h3>
      <div class={css.modes} role="group" aria-labelledby={heading}>
        {modes.map((mode) => (
          <button key={mode} type="button" aria-pressed={mode === value} onClick={() => choose(mode)}>
            <b>{names[mode]}</b>
            <span>{says[mode]}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly choose: (value: Value) => void;
}

/** A smaller choice under its heading. */
export function Choice<Value extends string>({ label, ...rest }: ChoiceProps<Value>) {
  return (
    <div>
      <h3>{label}</h3>
      <Segments label={label} {...rest} />
    </div>
  );
}

/** ms */
const LATENCIES = [0, 500, 2_000, 5_000, 15_000];

/** How slow it is. */
export function Latency({ value, choose }: { readonly value: number; readonly choose: (ms: number) => void }) {
  const all = LATENCIES.includes(value) ? LATENCIES : [...LATENCIES, value].toSorted((one, other) => one - other);
  const options = all.map((ms) => ({
    value: String(ms),
    label: ms === 0 ? text.now.atOnce : text.now.seconds(String(ms / 1_000)),
  }));
  return (
    <Choice
      label={text.now.latency}
      options={options}
      value={String(value)}
      choose={(chosen) => choose(Number(chosen))}
    />
  );
}
