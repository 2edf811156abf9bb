import type { EventEnvelope } from './events.ts';
import type { Subscriber } from './subscriber.ts';

export interface LiveVersionsOptions<State> {
  /** Opens the tail, e.g. `() => feed.subscribe(key)`. */
  readonly subscribe: () => Subscriber;
  /** The present states, one per aggregate. */
  readonly snapshot: () => Promise<readonly State[]>;
  /** Versions of aggregates that the snapshot leaves out: only what comes after them is news. @default none */
  readonly known?: () => Promise<ReadonlyMap<string, number>>;
  readonly versionOf: (state: State) => { readonly aggregateId: string; readonly version: number };
  /** The states of an aggregate at versions `from` to `to`, both included, in order, from the database. */
  readonly missing: (aggregateId: string, from: number, to: number) => Promise<readonly State[]>;
  /** The state an event leads to, where the event says it all; null, or left out: `missing` is asked for it. */
  readonly stateOf?: (event: EventEnvelope) => State | null | Promise<State | null>;
}

/** The joined states; `return()` ends the tail at once, also while the next event is waited for. */
export interface LiveVersions<State> extends AsyncIterableIterator<State, void, undefined> {
  return(): Promise<IteratorResult<State, void>>;
}

/**
 * Joins what is there with what comes: the snapshot's states, then every later version of each aggregate, each once and in
 * order. An aggregate that is neither in the snapshot nor known begins with its first event seen.
 */
export function liveVersions<State>(options: LiveVersionsOptions<State>): LiveVersions<State> {
  let tail: Subscriber | undefined;
  const states = joined({ ...options, subscribe: () => (tail = options.subscribe()) });
  return {
    next: () => states.next(),
    async return() {
      // A generator that waits for the next event hears of its end only with that event; the end of its tail wakes it.
      await tail?.return();
      return states.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* joined<State>({
  subscribe,
  snapshot,
  known,
  versionOf,
  missing,
  stateOf,
}: LiveVersionsOptions<State>): AsyncGenerator<State, void, undefined> {
  // First the tail, then the snapshot: the other way round an event in between would be nobody's.
  const tail = subscribe();
  try {
    const [present, before] = await Promise.all([snapshot(), known?.()]);
    const last = new Map(before);
    for (const state of present) {
      const { aggregateId, version } = versionOf(state);
      last.set(aggregateId, version);
    }
    yield* present;
    for await (const event of tail) {
      const { aggregateId, aggregateVersion } = event;
      const from = (last.get(aggregateId) ?? aggregateVersion - 1) + 1;
      if (aggregateVersion < from) continue;
      last.set(aggregateId, aggregateVersion);
      const state = (await stateOf?.(event)) ?? null;
      const gapEnd = state === null ? aggregateVersion : aggregateVersion - 1;
      if (from <= gapEnd) yield* await missing(aggregateId, from, gapEnd);
      if (state !== null) yield state;
    }
  } finally {
    await tail.return();
  }
}
