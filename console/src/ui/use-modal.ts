import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Opens a dialog for as long as it is rendered; the focus goes back to where it was. */
export function useModal(): RefObject<HTMLDialogElement> {
  const element = useRef<HTMLDialogElement>(null);
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
  return element;
}
