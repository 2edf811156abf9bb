import { pause, retryDelay } from './bell.ts';
import { isDatabaseFault } from './database-fault.ts';

/**
 * Does work again for as long as the database is away or busy; any other error ends it.
 *
 * @param isOver whether nobody waits for it any more: then the fault is thrown
 * @param withinMs how long to go on trying. @default without end
 */
export async function throughFaults<Result>(
  work: () => Promise<Result> | Result,
  isOver: () => boolean,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<Result> {
  const since = performance.now();
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseFault(error) || isOver() || performance.now() - since > withinMs) throw error;
      await pause(retryDelay(attempt, 50, 1_000));
    }
  }
}
