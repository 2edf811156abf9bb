import type { Exit } from './child.ts';
import type { ManagedProcess } from './managed.ts';

/** EX_CONFIG: what it was told is wrong, and will be wrong again. */
const WRONG_CONFIG = 78;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** A process that was up for so long is not one that keeps falling over, in ms. */
const STEADY = 60_000;

/** How long to wait before the restart after the `failures`-th death in a row; undefined: not at all. */
export function restartPause(exit: Exit, failures: number): number | undefined {
  if (exit.code === WRONG_CONFIG) return undefined;
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
}

export interface Supervisor {
  /** @returns the pause before it is started again, in ms; undefined when it won't be */
  died(name: string, exit: Exit): number | undefined;
  stop(): void;
}

/** Starts parts that died again, later and later the more often they do. */
export function createSupervisor(
  partOf: (name: string) => ManagedProcess,
  failed: (name: string, why: string) => void,
): Supervisor {
  const deaths = new Map<string, { count: number; at: number }>();
  const timers = new Set<NodeJS.Timeout>();
  return {
    died(name, exit) {
      const before = deaths.get(name);
      const count = before === undefined || Date.now() - before.at > STEADY ? 1 : before.count + 1;
      deaths.set(name, { count, at: Date.now() });
      const pause = restartPause(exit, count);
      if (pause === undefined) return undefined;
      const timer = setTimeout(function restart() {
        timers.delete(timer);
        partOf(name)
          .start()
          .catch((error: unknown) => failed(name, (error as Error).message));
      }, pause);
      timers.add(timer);
      return pause;
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
