import type { PlannerSettings } from './planner-settings.ts';

class TimeIsUp extends Error {}

/**
 * Ends planning that takes too long. The planner has no limit in time, but it compares the number of paths that it found with
 * a limit all the time, which is when the limit given here looks at the clock.
 */
export function createWatch({ maxPaths, maxPlanningMs }: PlannerSettings, now: () => number) {
  let end = Infinity;
  const limit = {
    valueOf() {
      if (now() > end) throw new TimeIsUp();
      return maxPaths;
    },
  };
  return {
    pathsLimit: limit as unknown as number,
    start() {
      end = now() + maxPlanningMs;
    },
  };
}

/** The planner says in words alone that it gave up. */
export function isLimit(error: unknown): boolean {
  const words = /^(Too many options generated|Number of non-local selections exceeds|Exceeded maximum)/;
  return error instanceof TimeIsUp || (error instanceof Error && words.test(error.message));
}
