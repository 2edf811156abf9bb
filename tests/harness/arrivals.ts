import type { GraphError } from './graph.ts';

/** What arrived over a live subscription, and ways to wait for it. */
export interface Arrivals<Data> {
  /** What has arrived so far, oldest first. */
  readonly events: readonly Data[];
  /** Errors of the subscription itself and of single events. */
  readonly errors: readonly GraphError[];
  /** How it went on each time it came back with a token: the outcome and, where there is one, the reason. */
  readonly resumed: readonly string[];
  /**
   * The first event, past or to come, that fits.
   * @throws after `withinMs` (default 20,000), telling what did arrive
   */
  until(fits: (event: Data) => boolean, withinMs?: number): Promise<Data>;
}

/** Collects; the three verbs beside {@link Arrivals} are for whoever brings what arrives. */
export function createArrivals<Data>(onEvent: (event: Data) => void = () => undefined) {
  const events: Data[] = [];
  const errors: GraphError[] = [];
  const resumed: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };

  function until(fits: (event: Data) => boolean, withinMs = 20_000): Promise<Data> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look);
        const arrived = JSON.stringify({ events, errors, resumed });
        reject(new Error(`no fitting event within ${withinMs} ms; arrived: ${arrived}`));
      }, withinMs);
      function look(): void {
        const found = events.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      }
      waiting.add(look);
      look();
    });
  }

  return {
    events,
    errors,
    resumed,
    until,
    next(result: { readonly data?: Data | null | undefined; readonly errors?: readonly unknown[] | undefined }): void {
      errors.push(...((result.errors ?? []) as GraphError[]));
      if (result.data) {
        events.push(result.data);
        onEvent(result.data);
      }
      wake();
    },
    outcome(outcome: string, reason: string | undefined): void {
      resumed.push(reason === undefined ? outcome : `${outcome} ${reason}`);
    },
    failed(error: unknown): void {
      errors.push(...(Array.isArray(error) ? (error as GraphError[]) : [{ message: describe(error) }]));
      wake();
    },
  };
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && 'code' in error) {
    return `closed with ${String(error.code)} ${'reason' in error ? String(error.reason) : ''}`;
  }
  return String(error);
}
