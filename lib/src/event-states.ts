import { LRUCache } from 'lru-cache';
import { pause, retryDelay } from './bell.ts';
import type { EventEnvelope } from './events.ts';

/** An event came, and the database does not have what it led to: it was set back, or stays behind. */
export class VersionMissing extends Error {
  constructor(aggregateId: string, version: number) {
    super(`the database has no version ${version} of ${aggregateId}`);
    this.name = 'VersionMissing';
  }
}

/** States that events do not tell by themselves, made once per event in this process, whatever the number of subscribers. */
export interface EventStates<State> {
  /**
   * @throws VersionMissing when the database does not have the version, also a moment later
   */
  of(event: EventEnvelope): Promise<State>;
  /** A state that was read for another reason. */
  keep(state: State): void;
}

const READ_TRIES = 8;

/**
 * @param options.after the state after an event, where it follows from the one before (undefined: it is not known); else null
 * @param options.read the state at the event's version, from the database
 * @param options.max aggregates whose last state is kept. @default 20,000
 */
export function createEventStates<State extends object, Event extends EventEnvelope = EventEnvelope>(options: {
  readonly after: (before: State | undefined, event: Event) => State | null;
  readonly read: (event: Event) => Promise<State | undefined>;
  readonly versionOf: (state: State) => { readonly aggregateId: string; readonly version: number };
  readonly max?: number;
}): EventStates<State> {
  const { after, read, versionOf, max = 20_000 } = options;
  const made = new WeakMap<EventEnvelope, Promise<State>>();
  const last = new LRUCache<string, State>({ max });

  function keep(state: State): void {
    const { aggregateId, version } = versionOf(state);
    const known = last.get(aggregateId);
    if (known === undefined || versionOf(known).version < version) last.set(aggregateId, state);
  }

  async function make(event: Event): Promise<State> {
    const before = last.get(event.aggregateId);
    const isBefore = before !== undefined && versionOf(before).version === event.aggregateVersion - 1;
    const state = (before === undefined || isBefore ? after(before, event) : null) ?? (await readSoon(event));
    keep(state);
    return state;
  }

  /** A database that lags behind the one that the event came from has the version soon. */
  async function readSoon(event: Event): Promise<State> {
    for (let tries = 1; ; tries++) {
      const state = await read(event);
      if (state !== undefined) return state;
      const { aggregateId, aggregateVersion } = event;
      if (tries === READ_TRIES) throw new VersionMissing(aggregateId, aggregateVersion);
      await pause(retryDelay(tries, 10, 500));
    }
  }

  return {
    of(event) {
      let state = made.get(event);
      if (state === undefined) {
        state = make(event as Event);
        made.set(event, state);
        // Whoever asks next has another try.
        state.catch(() => made.delete(event));
      }
      return state;
    },
    keep,
  };
}
