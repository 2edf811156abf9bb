import { inContext, type Logger } from './log.ts';

export interface Worker {
  start(): void;
  /** Says that there is work now; any number of calls make one look. */
  wake(): void;
  /** Takes no more jobs and waits for those that run. */
  drain(): Promise<void>;
}

/**
 * A loop that does jobs which wait somewhere, usually in a table: it looks every so often, and at once when woken.
 *
 * `take` must claim what it returns (a lease, a row lock, a status), because it is asked again while earlier jobs still
 * run, here and in other processes. A job that fails is logged and is not the loop's matter any more: `run` stores when to
 * try again, and `backoff` says when. While `take` itself fails the loop goes on looking.
 */
export function createWorker<Job>(options: {
  /** Stands in the job's log lines as `worker`. */
  name: string;
  /** How long to rest when there was nothing left, in ms. */
  every: number;
  /** Jobs that run at one time. */
  concurrency: number;
  /** Claims at most `limit` jobs that are due. */
  take(limit: number): Promise<readonly Job[]>;
  run(job: Job): Promise<void>;
  log: Logger;
}): Worker {
  const { name, every, concurrency, take, run, log } = options;
  const running = new Set<Promise<void>>();
  let looping: Promise<void> | undefined;
  let draining = false;
  let failing = false;
  let woken = false;
  let waitingForSlot = false;
  let goOn = (): void => {};

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      goOn = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function takeOrNothing(limit: number): Promise<readonly Job[]> {
    try {
      const jobs = await take(limit);
      if (failing) log.info({ worker: name }, 'jobs can be taken again');
      failing = false;
      return jobs;
    } catch (error) {
      if (!failing) log.warn({ worker: name, error }, 'jobs cannot be taken, trying on');
      failing = true;
      return [];
    }
  }

  async function runOne(job: Job): Promise<void> {
    try {
      await inContext({ worker: name }, () => run(job));
    } catch (error) {
      log.error({ worker: name, error }, 'job failed');
    }
  }

  function begin(job: Job): void {
    const work = runOne(job).finally(() => {
      running.delete(work);
      if (waitingForSlot) goOn();
    });
    running.add(work);
  }

  async function loop(): Promise<void> {
    while (!draining) {
      const free = concurrency - running.size;
      if (free === 0) {
        waitingForSlot = true;
        await pause(Infinity);
        waitingForSlot = false;
        continue;
      }
      // A wake that comes while `take` runs may be for a job that it does not see: then it looks once more.
      woken = false;
      const jobs = await takeOrNothing(free);
      jobs.forEach(begin);
      if (jobs.length < free && !woken && !draining) await pause(every);
    }
  }

  return {
    start() {
      looping ??= loop();
    },
    wake() {
      woken = true;
      if (!waitingForSlot) goOn();
    },
    async drain() {
      draining = true;
      goOn();
      await looping;
      await Promise.all(running);
    },
  };
}

/**
 * How long to wait before the next try, in ms: doubling from `base` up to `max`, of which a random half, so that those
 * who failed together do not come back together.
 *
 * @param attempt the tries so far, from 1
 * @param options.random the source of chance, 0 ≤ x < 1. @default Math.random
 */
export function backoff(attempt: number, options: { base: number; max: number; random?: () => number }): number {
  const { base, max, random = Math.random } = options;
  const whole = Math.min(max, base * 2 ** Math.max(0, attempt - 1));
  return Math.round(whole / 2 + (random() * whole) / 2);
}
