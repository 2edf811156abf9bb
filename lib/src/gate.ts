/** Where many wait for one thing to happen, each for as long as it likes. */
export class Gate {
  readonly #waiting = new Set<() => void>();

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when the gate opens, or after so many milliseconds; nothing is kept of who waits no longer. */
  wait(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = withinMs === undefined ? undefined : setTimeout(end, withinMs);
      this.#waiting.add(end);
    });
  }

  /** Lets all go who wait now. */
  open(): void {
    for (const end of this.#waiting) end();
  }
}
