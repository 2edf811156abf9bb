import { newKey } from './new-key.ts';

export interface Intention {
  /** The same key for as long as the same is meant: a repeated request has no second effect. */
  keyFor(input: unknown): string;
  /** It has been answered: whatever comes next is meant anew. */
  answered(): void;
}

/** The idempotency key of what a person is about to do. */
export function createIntention(makeKey: () => string = newKey): Intention {
  let meant: { readonly input: string; readonly key: string } | undefined;
  return {
    keyFor(input) {
      const text = JSON.stringify(input);
      if (meant?.input !== text) meant = { input: text, key: makeKey() };
      return meant.key;
    },
    answered: () => void (meant = undefined),
  };
}
