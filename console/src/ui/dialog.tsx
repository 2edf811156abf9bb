import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import css from './ui.module.css';

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
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(function show() {
    const before = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return function giveBack() {
      // While it is open nothing behind it takes the focus.
      dialog?.close();
      (before as HTMLElement | null)?.focus?.();
    };
  }, []);
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
