import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import css from './ui.module.css';

export type NoteKind = 'plain' | 'good' | 'bad' | 'warn';

const icons = { plain: Info, good: CircleCheck, bad: CircleAlert, warn: TriangleAlert } as const;

interface NoteProps {
  readonly kind?: NoteKind;
  /** alert is read out at once, status when there is a pause; none is not read out. */
  readonly role?: 'alert' | 'status' | undefined;
  readonly children: ComponentChildren;
}

/** A boxed sentence or two that stands out. */
export function Note({ kind = 'plain', role, children }: NoteProps) {
  const Icon = icons[kind];
  return (
    <div class={`${css.note} ${kind === 'plain' ? '' : css[kind]}`} role={role}>
      <Icon size={20} aria-hidden="true" />
      <div>{children}</div>
    </div>
  );
}
