import type { Subscriber } from './subscriber.ts';

/** How often some of those are ended that shall end. */
const stepMs = 20;

/** Ends subscriptions spread over some time, in no order: whoever is ended comes back at once. */
export class Restarts {
  readonly #spreadMs: number;
  #waiting: Subscriber[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** In each step so many. */
  #share = 1;

  constructor(spreadMs: number) {
    this.#spreadMs = spreadMs;
  }

  add(subscribers: Iterable<Subscriber>): void {
    this.#waiting = shuffled([...this.#waiting, ...subscribers]);
    this.#share = Math.ceil((this.#waiting.length * stepMs) / Math.max(this.#spreadMs, stepMs));
    this.#timer ??= setInterval(() => this.#step(), stepMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #step(): void {
    for (const one of this.#waiting.splice(-this.#share)) one.end('restart');
    if (this.#waiting.length === 0) this.stop();
  }
}

function shuffled<T>(list: T[]): T[] {
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    [list[index], list[other]] = [list[other]!, list[index]!];
  }
  return list;
}
