/**
 * Ends what does not say within a time who it is. All wait equally long, so the first that came is the first that is late: one
 * timer does for all of them.
 */
export class InitTimeout<Waiting> {
  readonly #afterMs: number;
  readonly #late: (waiting: Waiting) => void;
  /** When each is late, on the clock of `performance.now`; the first is the next. */
  readonly #deadlines = new Map<Waiting, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(afterMs: number, late: (waiting: Waiting) => void) {
    this.#afterMs = afterMs;
    this.#late = late;
  }

  wait(waiting: Waiting): void {
    this.#deadlines.set(waiting, performance.now() + this.#afterMs);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#endLate(), this.#afterMs).unref();
  }

  done(waiting: Waiting): void {
    this.#deadlines.delete(waiting);
  }

  #endLate(): void {
    const now = performance.now();
    this.#timer = undefined;
    for (const [waiting, deadline] of this.#deadlines) {
      if (deadline > now) {
        this.#timer = setTimeout(() => this.#endLate(), deadline - now).unref();
        return;
      }
      this.#deadlines.delete(waiting);
      this.#late(waiting);
    }
  }
}
