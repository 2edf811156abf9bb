import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import css from './ui.module.css';
import { useModal } from './use-modal.ts';

interface DialogProps {
  readonly title: string;
  /** Escape, and whatever the page offers for it. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Buttons, the one that does it last. */
  readonly actions?: ComponentChildren;
}

/** A modal dialog for as long as it is rendered; focus goes back to where it was. */
export function Dialog({ title, onClose, children, actions }: DialogProps) {
  const element = useModal();
  const heading = useId();
  return (
    <dialog
      ref={element}
      class={css.dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class={css.dialogBody}>
        <h2 id={heading}>{title}</h2>
        {children}
        {actions !== undefined && <div class={css.dialogActions}>{actions}</div>}
      </div>
    </dialog>
  );
}
