import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Note } from '../ui/note.tsx';
import { notify } from '../ui/notices.tsx';
import css from './dialogs.module.css';
import { text } from './text.ts';
import { Under } from './under.tsx';
import type { Done } from './use-delivery-command.ts';

interface SendingDialogProps {
  readonly title: string;
  readonly look: 'primary' | 'danger';
  readonly label: string;
  readonly busy: boolean;
  readonly tryingAgain: boolean;
  /** @returns undefined: nothing was sent */
  readonly send: () => Promise<Done | undefined>;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** A dialog that sends one command, stays while there is no answer or a refusal, and goes when it is done. */
export function SendingDialog({ title, look, label, busy, tryingAgain, send, close, children }: SendingDialogProps) {
  const [refused, setRefused] = useState<string>();
  const shown = useRef(true);
  useEffect(
    () => () => {
      shown.current = false;
    },
    [],
  );
  async function submit(): Promise<void> {
    if (busy) return;
    setRefused(undefined);
    const done = await send();
    if (done === undefined) return;
    // Whoever closed it meanwhile learns it all the same.
    if (!shown.current) {
      if (done.refused !== undefined) notify(done.refused, 'warn');
    } else if (done.refused === undefined) close();
    else setRefused(done.refused);
  }
  return (
    <Dialog title={title} onClose={close}>
      <form
        class={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        {refused !== undefined && (
          <Note kind="bad" role="alert">
            <p>{refused}</p>
          </Note>
        )}
        <div class={css.actions}>
          <Button big onClick={close}>
            {text.now.back}
          </Button>
          <Button big type="submit" look={look} aria-disabled={busy}>
            {busy ? <Under again={tryingAgain} /> : label}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
