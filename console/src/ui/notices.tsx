import { signal } from '@preact/signals';
import { X } from 'lucide-preact';
import { Button } from './button.tsx';
import { Note, type NoteKind } from './note.tsx';
import { text } from './text.ts';
import css from './ui.module.css';

interface Notice {
  readonly id: number;
  readonly kind: NoteKind;
  readonly words: string;
}

/** How long one stays, in ms; a bad one stays until it is closed. */
const STAYS = 8_000;

const notices = signal<readonly Notice[]>([]);
let last = 0;

function close(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Says something in passing, at the foot of the page, and to screen readers. */
export function notify(words: string, kind: NoteKind = 'plain'): void {
  const id = ++last;
  notices.value = [...notices.value.slice(-3), { id, kind, words }];
  if (kind !== 'bad') setTimeout(() => close(id), STAYS);
}

export function Notices() {
  return (
    <div class={css.notices} aria-live="polite">
      {notices.value.map(({ id, kind, words }) => (
        <Note key={id} kind={kind}>
          <p>
            {words}
            <Button look="quiet" class={css.close} aria-label={text.now.close} onClick={() => close(id)}>
              <X size={18} aria-hidden="true" />
            </Button>
          </p>
        </Note>
      ))}
    </div>
  );
}
