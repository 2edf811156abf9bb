import { signal } from '@preact/signals';

/** The present moment, in ms since 1970, a step each second: countdowns read it. */
export const now = signal(Date.now());

setInterval(() => void (now.value = Date.now()), 1_000);
