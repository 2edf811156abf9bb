/** A timer can't be set further ahead. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Tells when something's time is over: one timer for all of them, and a set for each moment, as many end at the same one.
 *
 * @param tell is called with each, at its time, unless it was removed
 */
export class Expiries<T> {
  readonly #tell: (one: T) => void;
  readonly #at = new Map<number, Set<T>>();
  #timer: NodeJS.Timeout | undefined;
  /** What the timer is set to. */
  #next = Infinity;

  constructor(tell: (one: T) => void) {
    this.#tell = tell;
  }

  /** @param at ms since 1970; undefined: never */
  add(one: T, at: number | undefined): void {
    if (at === undefined) return;
    const moment = Math.ceil(at);
    let those = this.#at.get(moment);
    if (those === undefined) this.#at.set(moment, (those = new Set()));
    those.add(one);
    if (moment < this.#next) this.#watch(moment);
  }

  remove(one: T, at: number | undefined): void {
    if (at === undefined) return;
    const moment = Math.ceil(at);
    const those = this.#at.get(moment);
    if (those?.delete(one) !== true || those.size > 0) return;
    this.#at.delete(moment);
    if (this.#at.size === 0) this.#rest();
  }

  #watch(moment: number): void {
    clearTimeout(this.#timer);
    this.#next = moment;
    const wait = Math.min(Math.max(moment - Date.now(), 0), longestTimerMs);
    // What is waited for has a connection that keeps the process.
    this.#timer = setTimeout(() => this.#end(), wait).unref();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#next = Infinity;
  }

  /** Moments are looked through once for each that is over, which is seldom: tokens end in whole seconds. */
  #end(): void {
    const now = Date.now();
    let next = Infinity;
    const over: T[] = [];
    for (const [moment, those] of this.#at) {
      if (moment > now) next = Math.min(next, moment);
      else {
        this.#at.delete(moment);
        over.push(...those);
      }
    }
    if (next === Infinity) this.#rest();
    else this.#watch(next);
    for (const one of over) this.#tell(one);
  }
}
