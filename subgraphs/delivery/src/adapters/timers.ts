import type { Logger } from '@cafe-for-me/lib/log';
import { createWorker, type Worker } from '@cafe-for-me/lib/worker';
import { endOverdue, takeOverdue, type OverdueKind, type OverdueParts } from '../application/end-overdue.ts';
import type { DeliveryAtCafe } from '../domain/delivery.ts';

/** How often the clock is looked at, in milliseconds. */
const EVERY_MS = 500;
/** Deliveries ended between two looks at the table. */
const BATCH = 100;

/**
 * Ends deliveries whose time is over. A job is a whole batch and one runs at a time, so this process never takes a delivery
 * twice; another replica may, and then the conditional update lets one of them win.
 */
export function createTimer(parts: OverdueParts, kind: OverdueKind, log: Logger): Worker {
  return createWorker<readonly DeliveryAtCafe[]>({
    name: kind,
    every: EVERY_MS,
    concurrency: 1,
    async take() {
      const overdue = await takeOverdue(parts, kind, BATCH);
      return overdue.length > 0 ? [overdue] : [];
    },
    async run(batch) {
      await Promise.all(batch.map((overdue) => endOverdue(parts, kind, overdue)));
    },
    log,
  });
}
