import type { NoAnswer } from './subgraph-connections.ts';

export interface RetrySettings {
  /** How often a query is sent again, at most. */
  readonly attempts: number;
  /** What may be retried: so many percent of the fetches, and a few when there are few. */
  readonly budgetPercent: number;
  /** The wait before, at most; doubled for each further attempt. */
  readonly waitMs: number;
  /** Also after a time-out. */
  readonly timeouts: boolean;
}

export interface Retries {
  /** A fetch began, the first time. */
  began(): void;
  /**
   * @param attempt 1 for the first one after the failure
   * @returns how long to wait before sending again, in ms; undefined when it may not be
   */
  after(failure: NoAnswer | 'status', attempt: number): number | undefined;
}

/** What one retry takes out of the budget, in the percent of a fetch that are paid in. */
const price = 100;
/** Retries that are always there, for a subgraph that is asked now and then. */
const perSecond = 2 * price;
/** As many may be made at once after a calm time. */
const most = 100 * price;

/**
 * Says which failed queries are sent again. The budget keeps a subgraph that fails from being asked twice as much: each
 * fetch pays in a part of a retry, each retry takes out a whole one.
 */
export function createRetries(
  { attempts, budgetPercent, waitMs, timeouts }: RetrySettings,
  options: { now?: () => number; random?: () => number } = {},
): Retries {
  const { now = () => performance.now(), random = Math.random } = options;
  let balance = perSecond;
  let filledAt = now();

  function withdraw(): boolean {
    const time = now();
    balance = Math.min(most, balance + ((time - filledAt) / 1_000) * perSecond);
    filledAt = time;
    if (balance < price) return false;
    balance -= price;
    return true;
  }

  return {
    began() {
      if (balance < most) balance += budgetPercent;
    },
    after(failure, attempt) {
      if (attempt > attempts || !mayPass(failure, timeouts) || !withdraw()) return undefined;
      return random() * waitMs * 2 ** (attempt - 1);
    },
  };
}

/** Whether the same request may have an answer a moment later. */
function mayPass(failure: NoAnswer | 'status', timeouts: boolean): boolean {
  switch (failure) {
    case 'unreachable':
    case 'broken':
    case 'status':
      return true;
    case 'timeout':
      return timeouts;
    case 'oversized':
    case 'unreadable':
    case 'unsent':
      return false;
  }
}
