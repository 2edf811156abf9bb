import type { Logger } from '@cafe-for-me/lib/log';
import { createWorker, type Worker } from '@cafe-for-me/lib/worker';
import { endOverdue, takeOverdue, type OverdueKind, type OverdueParts } from '../application/end-overdue.ts';
import type { DeliveryAtCafe } from '../domain/delivery.ts';

/** Deliveries ended between two looks at the table. */
const BATCH = 100;

/**
 * Ends deliveries whose time is over. A job is a whole batch and one runs at a time, so this process never takes a delivery
 * twice; another replica may, and then the conditional update lets one of them win. A delivery that can't be ended keeps none
 * of the others, and comes again; where none could, the timer rests first.
 */
export function createTimer(
  parts: OverdueParts,
  kind: OverdueKind,
  log: Logger,
  { every = 500 }: { /** How often the clock is looked at, in ms. @default 500 */ every?: number } = {},
): Worker {
  let mustRest = false;
  return createWorker<readonly DeliveryAtCafe[]>({
    name: kind,
    every,
    concurrency: 1,
    async take() {
      if (mustRest) {
        mustRest = false;
        return [];
      }
      const overdue = await takeOverdue(parts, kind, BATCH);
      return overdue.length > 0 ? [overdue] : [];
    },
    async run(batch) {
      const results = await Promise.allSettled(batch.map((overdue) => endOverdue(parts, kind, overdue)));
      mustRest = !results.some((result) => result.status === 'fulfilled' && result.value);
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      if (reasons.length > 0) {
        throw new AggregateError(reasons, `${reasons.length} of ${batch.length} overdue deliveries could not be ended`);
      }
    },
    log,
  });
}
