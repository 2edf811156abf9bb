import type { EventEnvelope } from './events.ts';

/** The events of a key from the moment of `subscribe` on. Ends when the feed drains; `return()` ends it from this side. */
export interface Subscriber extends AsyncIterableIterator<EventEnvelope> {
  return(): Promise<IteratorResult<EventEnvelope>>;
}

/** A subscriber fell so far behind that even the first and last event of each aggregate are too many to keep. */
export class SlowSubscriberError extends Error {
  override readonly name = 'SlowSubscriberError';
}

export interface SubscriberQueue {
  readonly subscriber: Subscriber;
  push(event: EventEnvelope): void;
  end(): void;
}

/**
 * A queue between the feed and one subscriber, never longer than `bound`. When it is full, only the first and the last event
 * of each aggregate are kept; `liveVersions` reads what lay between from the database. When that is too much as well, the
 * subscriber ends with a SlowSubscriberError.
 */
export function createSubscriberQueue(bound: number, onEnd: () => void): SubscriberQueue {
  let queue: EventEnvelope[] = [];
  let ended = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;

  function end(): void {
    if (ended) return;
    ended = true;
    onEnd();
    wake?.();
  }

  return {
    push(event) {
      if (ended) return;
      queue.push(event);
      if (queue.length > bound) {
        queue = firstAndLast(queue);
        if (queue.length > bound / 2) {
          queue = [];
          failure = new SlowSubscriberError('the subscriber is too slow for its events');
          end();
        }
      }
      wake?.();
    },
    end,
    subscriber: {
      async next() {
        for (;;) {
          const value = queue.shift();
          if (value) return { value, done: false };
          if (failure) throw failure;
          if (ended) return { value: undefined, done: true };
          await new Promise<void>((resolve) => (wake = resolve));
          wake = undefined;
        }
      },
      async return() {
        queue = [];
        end();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}

function firstAndLast(events: readonly EventEnvelope[]): EventEnvelope[] {
  const first = new Map<string, EventEnvelope>();
  const last = new Map<string, EventEnvelope>();
  for (const event of events) {
    if (!first.has(event.aggregateId)) first.set(event.aggregateId, event);
    last.set(event.aggregateId, event);
  }
  return events.filter((event) => first.get(event.aggregateId) === event || last.get(event.aggregateId) === event);
}
