import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import css from './ui.module.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with it, and what to do. */
  readonly fault?: string | undefined;
  /** The control, with these attributes. */
  readonly children: (attributes: {
    readonly id: string;
    readonly 'aria-describedby': string | undefined;
    readonly 'aria-invalid': boolean;
  }) => ComponentChildren;
}

/** A labelled input, select or textarea, with its hint and its fault tied to it. */
export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(' ');
  return (
    <div class={css.field}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': fault !== undefined })}
      {hint !== undefined && (
        <span id={`${id}-hint`} class={css.hint}>
          {hint}
        </span>
      )}
      {fault !== undefined && (
        <span id={`${id}-fault`} class={css.fault} role="alert">
          {fault}
        </span>
      )}
    </div>
  );
}
