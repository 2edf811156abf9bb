import { EventEmitter, once } from 'node:events';

/** Values pushed by a test to whoever listens; the test can wait until someone does, or until nobody does any more. */
export function createTopic<T>() {
  const changes = new EventEmitter();
  const listeners = new Set<(value: T) => void>();

  async function listening(count: number): Promise<void> {
    while (listeners.size !== count) await once(changes, 'change');
  }

  function listen(first: readonly T[] = []): AsyncIterableIterator<T, undefined, undefined> {
    const waiting = [...first];
    let wake: (() => void) | undefined;
    let over = false;
    const hear = (value: T): void => {
      waiting.push(value);
      wake?.();
    };
    listeners.add(hear);
    changes.emit('change');
    const end = { done: true, value: undefined } as const;
    return {
      async next() {
        while (waiting.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
        return over ? end : { done: false, value: waiting.shift()! };
      },
      return() {
        over = true;
        listeners.delete(hear);
        changes.emit('change');
        wake?.();
        return Promise.resolve(end);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  return {
    listen,
    listening,
    publish(value: T): void {
      for (const hear of listeners) hear(value);
    },
  };
}
