import { subrequestTimedOut } from '../errors.ts';
import type { Deadline } from '../subgraphs/subgraph-deadlines.ts';
import type { RunLimit } from './run.ts';

/**
 * The time that other subgraphs have for an event's fields: whoever is late goes without them. What was asked goes its way;
 * nobody waits for it.
 */
export class EventLimit implements RunLimit, Deadline {
  isOver = false;
  /** Somebody was not waited for any more. */
  cutShort = false;
  at = 0;
  before: Deadline | undefined;
  after: Deadline | undefined;
  /** What to call for those who wait at this moment. */
  readonly #waiting = new Set<() => void>();

  within(subgraph: string, exchange: () => Promise<string>): Promise<string> {
    if (this.isOver) {
      this.cutShort = true;
      return Promise.reject(subrequestTimedOut(subgraph));
    }
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(subrequestTimedOut(subgraph));
      this.#waiting.add(giveUp);
      void exchange()
        .finally(() => this.#waiting.delete(giveUp))
        .then(resolve, reject);
    });
  }

  tooLate(): void {
    this.isOver = true;
    if (this.#waiting.size > 0) this.cutShort = true;
    for (const giveUp of this.#waiting) giveUp();
  }
}
