import { setTimeout as sleep } from 'node:timers/promises';

/** A connection that stays open: a socket, or the answer of a request that streams. */
export interface OpenConnection {
  /** Where it stands in the list; of the list alone. */
  place: number;
  /** It is its turn to be looked after. @param now in ms; whole, and it may wrap around: only differences say something */
  beat(now: number): void;
  /** Ends it in the way that makes its client come back, elsewhere. */
  restart(): void;
  /** Bytes that wait for its client. */
  waitingBytes(): number;
}

/** How often in a round some connections are looked after. */
const stepsPerRound = 48;
/** More often than this a timer is not worth its while. */
const shortestStepMs = 5;
/** So far apart connections are closed at most, so that a router with few of them stops at once. */
const longestApartMs = 10;
/** Between two portions of what is spread. */
const portionMs = 20;

/**
 * All connections that stay open. One timer looks after all of them, some at a time, so that thousands of pings neither need
 * thousands of timers nor hold up an event.
 */
export class OpenConnections {
  readonly #all: OpenConnection[] = [];
  readonly #roundMs: number;
  readonly #max: number | null;
  readonly #spreadMs: number;
  #next = 0;
  #due = 0;
  #lookedAfter = 0;
  #timer: NodeJS.Timeout | undefined;
  #draining = false;
  #emptied: (() => void) | undefined;

  constructor(options: {
    /** Each connection is looked after so often. */
    heartbeatMs: number;
    /** How many may be open; null: any number. */
    max: number | null;
    /** Over how long they are closed when the router stops, at most. */
    drainSpreadMs: number;
  }) {
    this.#roundMs = options.heartbeatMs;
    this.#max = options.max;
    this.#spreadMs = options.drainSpreadMs;
  }

  get count(): number {
    return this.#all.length;
  }

  /** Whether there can be no other one. */
  get full(): boolean {
    return this.#max !== null && this.#all.length >= this.#max;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Of all of them; whoever asks pays for the walk. */
  waitingBytes(): number {
    let bytes = 0;
    for (const one of this.#all) bytes += one.waitingBytes();
    return bytes;
  }

  add(one: OpenConnection): void {
    one.place = this.#all.length;
    this.#all.push(one);
    if (this.#timer !== undefined) return;
    this.#lookedAfter = performance.now();
    const step = Math.max(this.#roundMs / stepsPerRound, shortestStepMs);
    this.#timer = setInterval(() => this.#lookAfterSome(), step).unref();
  }

  remove(one: OpenConnection): void {
    if (this.#all[one.place] !== one) return;
    const last = this.#all.pop()!;
    if (last !== one) {
      this.#all[one.place] = last;
      last.place = one.place;
    }
    one.place = -1;
    if (this.#all.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#emptied?.();
  }

  /** Closes all of them, evenly spread over a while; resolves when the last has gone. */
  async drain(): Promise<void> {
    this.#draining = true;
    const all = [...this.#all];
    const overMs = Math.min(this.#spreadMs, all.length * longestApartMs);
    const began = performance.now();
    for (let closed = 0; closed < all.length;) {
      const passed = (performance.now() - began + portionMs) / overMs;
      const until = Math.min(Math.ceil(all.length * passed), all.length) || all.length;
      for (; closed < until; closed += 1) all[closed]!.restart();
      if (closed < all.length) await sleep(portionMs);
    }
    if (this.#all.length > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  #lookAfterSome(): void {
    const now = performance.now();
    // What is late is made good, but none is looked after twice in one go.
    this.#due += (this.#all.length * (now - this.#lookedAfter)) / this.#roundMs;
    this.#due = Math.min(this.#due, this.#all.length);
    this.#lookedAfter = now;
    for (; this.#due >= 1; this.#due -= 1) {
      if (this.#next >= this.#all.length) this.#next = 0;
      this.#all[this.#next]?.beat(now | 0);
      this.#next += 1;
    }
  }
}
