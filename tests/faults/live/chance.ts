/** Chance that falls the same way for the same seed, so that a failed run can be had again. */
export interface Chance {
  readonly seed: number;
  /** From 0 up to, and without, 1. */
  next(): number;
  /** A whole number from 0 up to, and without, `bound`. */
  below(bound: number): number;
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** @param given the seed; without one any is taken. Whoever uses it prints `seed`. */
export function createChance(given = process.env['LIVE_SEED']): Chance {
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given) >>> 0;
  let state = seed;

  // mulberry32
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (bound: number): number => Math.floor(next() * bound);

  return {
    seed,
    next,
    below,
    shuffled(items) {
      const order = [...items];
      for (let last = order.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [order[last], order[other]] = [order[other]!, order[last]!];
      }
      return order;
    },
  };
}
