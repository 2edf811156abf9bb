import type { EventEnvelope } from './events.ts';
import type { Subscriber } from './subscriber.ts';

export interface LiveVersionsOptions<State> {
  /** Opens the tail, e.g. `() => feed.subscribe(key)`. */
  readonly subscribe: () => Subscriber;
  /** The present states, one per aggregate. */
  readonly snapshot: () => Promise<readonly State[]>;
  readonly versionOf: (state: State) => { readonly aggregateId: string; readonly version: number };
  /** The states of an aggregate at versions `from` to `to`, both included, in order, from the database. */
  readonly missing: (aggregateId: string, from: number, to: number) => Promise<readonly State[]>;
  /** The state an event leads to, where the event says it all; null, or left out: `missing` is asked for it. */
  readonly stateOf?: (event: EventEnvelope) => State | null | Promise<State | null>;
}

/**
 * Joins what is there with what comes: the snapshot's states, then every later version of each aggregate, each once and in
 * order. An aggregate that the snapshot did not have begins with its first event seen.
 */
export async function* liveVersions<State>({
  subscribe,
  snapshot,
  versionOf,
  missing,
  stateOf,
}: LiveVersionsOptions<State>): AsyncGenerator<State, void, undefined> {
  // First the tail, then the snapshot: the other way round an event in between would be nobody's.
  const tail = subscribe();
  try {
    const last = new Map<string, number>();
    for (const state of await snapshot()) {
      const { aggregateId, version } = versionOf(state);
      last.set(aggregateId, version);
      yield state;
    }
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
