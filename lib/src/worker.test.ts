import { setImmediate } from 'node:timers/promises';
import { currentContext } from './log.ts';
import { collectLog } from './testing/log-lines.ts';
import { backoff, createWorker } from './worker.ts';

/** Long enough that no test passes because of it. */
const every = 3_600_000;

function latch() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a worker', () => {
  it('does the jobs that wait when it starts and those that come with a wake', async () => {
    const waiting = ['a', 'b'];
    const done: string[] = [];
    let awaited = latch();
    const worker = createWorker<string>({
      name: 'jobs',
      every,
      concurrency: 4,
      take: async (limit) => waiting.splice(0, limit),
      run: async (job) => {
        done.push(job);
        if (job === 'b' || job === 'c') awaited.open();
      },
      log: collectLog().log,
    });
    worker.start();
    await awaited.opened;
    awaited = latch();
    waiting.push('c');
    worker.wake();
    await awaited.opened;
    await worker.drain();
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('never runs more jobs at one time than it may, and does them all', async () => {
    const waiting = Array.from({ length: 50 }, (_, index) => index);
    let running = 0;
    let most = 0;
    let done = 0;
    const all = latch();
    const worker = createWorker<number>({
      name: 'jobs',
      every,
      concurrency: 3,
      take: async (limit) => waiting.splice(0, limit),
      run: async () => {
        most = Math.max(most, ++running);
        await setImmediate();
        running -= 1;
        if (++done === 50) all.open();
      },
      log: collectLog().log,
    });
    worker.start();
    await all.opened;
    await worker.drain();
    expect(most).toBe(3);
  });

  it('makes one look of many wakes', async () => {
    let looks = 0;
    const first = latch();
    const looked = latch();
    const worker = createWorker<never>({
      name: 'jobs',
      every,
      concurrency: 1,
      take: async () => {
        looks += 1;
        if (looks === 1) await first.opened;
        if (looks === 2) looked.open();
        return [];
      },
      run: async () => {},
      log: collectLog().log,
    });
    worker.start();
    for (let count = 0; count < 10; count++) worker.wake();
    first.open();
    await looked.opened;
    await worker.drain();
    expect(looks).toBe(2);
  });

  it('goes on after a job that failed and after a look that failed, and logs each with its name', async () => {
    const { log, lines } = collectLog();
    const looks: (() => Promise<string[]>)[] = [
      () => Promise.reject(new Error('database away')),
      () => Promise.resolve(['bad']),
      () => Promise.resolve(['good']),
    ];
    const done = latch();
    const worker = createWorker<string>({
      name: 'jobs',
      every: 1,
      concurrency: 1,
      take: () => looks.shift()?.() ?? Promise.resolve([]),
      run: async (job) => {
        expect(currentContext()).toEqual({ worker: 'jobs' });
        if (job === 'bad') throw new Error('no');
        done.open();
      },
      log,
    });
    worker.start();
    await done.opened;
    await worker.drain();
    expect(lines.map((line) => [line.msg, line['worker']])).toEqual([
      ['jobs cannot be taken, trying on', 'jobs'],
      ['jobs can be taken again', 'jobs'],
      ['job failed', 'jobs'],
    ]);
  });

  it('waits for running jobs when it drains, and takes no more', async () => {
    const waiting = ['a', 'b'];
    const started = latch();
    const finish = latch();
    const done: string[] = [];
    const worker = createWorker<string>({
      name: 'jobs',
      every,
      concurrency: 1,
      take: async (limit) => waiting.splice(0, limit),
      run: async (job) => {
        started.open();
        await finish.opened;
        done.push(job);
      },
      log: collectLog().log,
    });
    worker.start();
    await started.opened;
    const drained = worker.drain();
    finish.open();
    await drained;
    expect(done).toEqual(['a']);
    expect(waiting).toEqual(['b']);
  });
});

describe('the wait before another try', () => {
  it('doubles up to its bound, half of it by chance', () => {
    const waits = (random: number) =>
      [1, 2, 3, 10].map((attempt) => backoff(attempt, { base: 100, max: 1000, random: () => random }));
    expect(waits(0)).toEqual([50, 100, 200, 500]);
    expect(waits(0.999_99)).toEqual([100, 200, 400, 1000]);
  });
});
