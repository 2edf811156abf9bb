import { createBatcher } from './batcher.ts';
import { until } from './testing/until.ts';

/** A batcher whose runs end when the test says so. */
function watched(options: { max?: number; concurrency?: number } = {}) {
  const runs: { items: readonly string[]; end: (error?: Error) => void }[] = [];
  const doOne = createBatcher<string, string>({
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void =>
          error === undefined ? resolve(items.map((item) => item.toUpperCase())) : reject(error);
        runs.push({ items, end });
      }),
  });
  return {
    doOne,
    runs,
    async items(count: number) {
      await until(() => runs.length >= count);
      return runs.map((run) => run.items.join(''));
    },
  };
}

describe('a batcher', () => {
  it('runs a lone item at once and by itself', async () => {
    const { doOne, runs } = watched();
    const one = doOne('a');
    expect(runs).toHaveLength(1);
    runs[0]?.end();
    expect(await one).toBe('A');
  });

  it('runs what came meanwhile together, in order, and gives each its own result', async () => {
    const { doOne, runs, items } = watched();
    const [first, ...others] = ['a', 'b', 'c', 'd'].map(doOne);
    runs[0]?.end();
    expect(await first).toBe('A');
    expect(await items(2)).toEqual(['a', 'bcd']);
    runs[1]?.end();
    expect(await Promise.all(others)).toEqual(['B', 'C', 'D']);
  });

  it('puts no more into a run than it may, and has no more runs at one time', async () => {
    const { doOne, runs, items } = watched({ max: 2, concurrency: 2 });
    const all = ['a', 'b', 'c', 'd', 'e'].map(doOne);
    expect(await items(2)).toEqual(['a', 'b']);
    runs[0]?.end();
    await all[0];
    expect(await items(3)).toEqual(['a', 'b', 'cd']);
    runs[1]?.end();
    await all[1];
    expect(await items(4)).toEqual(['a', 'b', 'cd', 'e']);
    runs.slice(2).forEach(({ end }) => end());
    expect(await Promise.all(all)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('repeats a failed run item by item, so that one fails alone', async () => {
    const seen: string[] = [];
    const doOne = createBatcher<string, string>({
      async run(items) {
        seen.push(items.join(' '));
        await Promise.resolve();
        if (items.includes('bad')) throw new Error('bad');
        return items;
      },
    });
    const results = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(doOne));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(seen).toEqual(['a', 'b bad c', 'b', 'bad', 'c']);
  });

  it('goes on after a lone item failed', async () => {
    const { doOne, runs } = watched();
    const failed = doOne('a');
    runs[0]?.end(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    const next = doOne('b');
    runs[1]?.end();
    expect(await next).toBe('B');
  });
});
