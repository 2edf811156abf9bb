import { text } from './text.ts';

/** While nobody knows yet: never as if it were done. */
export function Under({ again }: { readonly again: boolean }) {
  return <>{again ? text.now.again : text.now.under}</>;
}
