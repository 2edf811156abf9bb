/** Wakes a loop early. A ring while nobody waits is remembered, so that no wake-up falls between a look and a wait. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring (at once when one is remembered) or after `ms` milliseconds. */
  wait(ms: number): Promise<void>;
}

export function createBell(): Bell {
  let rung = false;
  let waiting: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      waiting?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          waiting = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        waiting = undefined;
      }
      rung = false;
    },
  };
}

/**
 * How long to wait before the next try: doubles from `base` up to `max` (both milliseconds), the upper half random, so that
 * replicas that failed together do not come back together.
 */
export function retryDelay(attempt: number, base: number, max: number): number {
  const ceiling = Math.min(max, base * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}

/** Waits `ms` milliseconds, or until the signal, where there is one, says to stop. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
