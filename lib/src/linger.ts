import { pause } from './bell.ts';

/** How quickly past work is forgotten: after so many milliseconds about a third of it still counts. */
const MEMORY_MS = 100;

/** Makes batches larger while there is much to do, and never holds up what comes alone. */
export interface Linger {
  /** Says that a batch of so many is done. */
  done(count: number): void;
  /** Waits before the next batch: not at all unless much was done just now, and no longer than till `ms` after that. */
  wait(signal: AbortSignal): Promise<void>;
}

/**
 * A batch costs about as much as twenty of its events: a few round trips, a commit. Under load a short rest after each lets
 * the next one gather more.
 *
 * @param ms the rest, in milliseconds
 * @param busyAt how much of the last moments' work (`MEMORY_MS`) is load
 */
export function createLinger({ ms, busyAt = 10 }: { ms: number; busyAt?: number }): Linger {
  let load = 0;
  let doneAt = 0;
  return {
    done(count) {
      const now = performance.now();
      load = load * Math.exp((doneAt - now) / MEMORY_MS) + count;
      doneAt = now;
    },
    async wait(signal) {
      const since = performance.now() - doneAt;
      if (since < ms && load >= busyAt) await pause(ms - since, signal);
    },
  };
}
