import { createRetries } from './subgraph-retry.ts';

const settings = { attempts: 2, budgetPercent: 20, waitMs: 50, timeouts: false };

/** Retries of a clock that a test sets, and of no chance. */
function retriesAt(changes: Partial<typeof settings> = {}) {
  let time = 0;
  const retries = createRetries({ ...settings, ...changes }, { now: () => time, random: () => 0.5 });
  return {
    ...retries,
    pass(ms: number) {
      time += ms;
    },
    /** How many may be made now. */
    count(): number {
      let count = 0;
      while (retries.after('broken', 1) !== undefined) count += 1;
      return count;
    },
  };
}

describe('retries', () => {
  it.each(['broken', 'unreachable', 'status'] as const)('follow what may be otherwise in a moment: %s', (failure) => {
    expect(retriesAt().after(failure, 1)).toBe(25);
  });

  it.each(['timeout', 'oversized', 'unreadable', 'unsent'] as const)('do not follow %s', (failure) => {
    expect(retriesAt().after(failure, 1)).toBeUndefined();
  });

  it('follow a time-out where that is set', () => {
    expect(retriesAt({ timeouts: true }).after('timeout', 1)).toBe(25);
  });

  it('wait longer for each further attempt, and end', () => {
    const retries = retriesAt();
    expect(retries.after('broken', 1)).toBe(25);
    expect(retries.after('broken', 2)).toBe(50);
    expect(retries.after('broken', 3)).toBeUndefined();
  });

  it('are at most a part of the fetches', () => {
    const retries = retriesAt();
    retries.count();
    for (let fetch = 0; fetch < 100; fetch++) retries.began();
    expect(retries.count()).toBe(20);
  });

  it('are never saved up without an end', () => {
    const retries = retriesAt();
    for (let fetch = 0; fetch < 100_000; fetch++) retries.began();
    expect(retries.count()).toBe(100);
  });

  it('are there for a subgraph that is asked now and then', () => {
    const retries = retriesAt();
    expect(retries.count()).toBe(2);
    retries.pass(1_000);
    expect(retries.count()).toBe(2);
  });
});
