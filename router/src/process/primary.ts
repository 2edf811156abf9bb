import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { createLogger, logLevels } from '@cafe-for-me/lib/log';
import { countForWorkers } from '../limits/rate-limit-primary.ts';
import { passAmongWorkers, serving } from './siblings.ts';
import { signalsTaken } from './thread.ts';
import { argumentsWithSpace } from './young-generation.ts';

/** A worker that ended is replaced after so long, twice as long for each other one that ended lately; in ms. */
const firstWait = 100;
const longestWait = 10_000;
/** What "lately" is. */
const memory = 60_000;
/** Workers give up draining by themselves before that. */
const longestDrain = 15_000;
/** One key press reaches a process twice, from the terminal and through a parent. */
const sameSignalMs = 400;

/**
 * Looks after processes that serve together on one port: starts them, replaces one that ends, and ends with them. It serves
 * nothing itself and holds next to nothing. The workers end at once when it is gone, even by SIGKILL.
 *
 * The first worker is alone until it serves: should it refuse to start, that is said once, and its exit code is this one's.
 */
export async function supervise(options: {
  /** The program's main file. */
  self: string;
  args: readonly string[];
  workers: number;
  logLevel: string | undefined;
  nodeOptions: string | undefined;
}): Promise<void> {
  const { self, args, workers, nodeOptions } = options;
  const level = logLevels.find((one) => one === options.logLevel);
  const log = createLogger({ service: 'router', ...(level && { level }) });
  const waiting = new Set<NodeJS.Timeout>();
  const ended: number[] = [];
  /** Those that understand SIGHUP: one that has only just begun would end by it, and reads the files anyway. */
  const inService = new WeakSet<Worker>();
  let stoppingSince: number | undefined;
  let clean = true;

  cluster.setupPrimary({
    exec: fileURLToPath(self),
    args: [...args],
    execArgv: argumentsWithSpace(process.execArgv, nodeOptions),
  });

  function alive(): Worker[] {
    return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  }

  function start(): Worker {
    const worker = cluster.fork();
    worker.on('message', function heard(message: unknown) {
      if (message === serving) {
        inService.add(worker);
        log.info({ pid: worker.process.pid }, 'a worker serves');
      } else passAmongWorkers(message, worker, alive);
    });
    return worker;
  }

  function replace(worker: Worker, code: number, signal: string): void {
    const now = performance.now();
    ended.push(now);
    while (ended[0]! < now - memory) ended.shift();
    const restartInMs = Math.min(firstWait * 2 ** (ended.length - 1), longestWait);
    log.error({ pid: worker.process.pid, code, signal, restartInMs }, 'a worker ended, another takes its place');
    const timer = setTimeout(function startAnother() {
      waiting.delete(timer);
      start();
    }, restartInMs);
    waiting.add(timer);
  }

  function exitWhenAlone(): void {
    if (alive().length > 0) return;
    log.info('stopped');
    process.exit(clean ? 0 : 1);
  }

  function killAll(): void {
    for (const worker of alive()) worker.process.kill('SIGKILL');
  }

  function stop(signal: NodeJS.Signals): void {
    const now = performance.now();
    if (stoppingSince === undefined) {
      stoppingSince = now;
      log.info({ signal, workers: alive().length }, 'stopping');
      for (const timer of waiting) clearTimeout(timer);
      for (const worker of alive()) worker.process.kill('SIGTERM');
      setTimeout(killAll, longestDrain);
      exitWhenAlone();
    } else if (now - stoppingSince >= sameSignalMs) {
      log.warn({ signal }, 'second signal, exiting at once');
      killAll();
      process.exit(1);
    }
  }

  for (const signal of signalsTaken()) {
    process.on(signal, function onSignal() {
      if (signal !== 'SIGHUP') stop(signal);
      else for (const worker of alive()) if (inService.has(worker)) worker.process.kill(signal);
    });
  }
  countForWorkers();
  const first = start();
  const refused = (code: number | null) => process.exit(code ?? 1);
  first.once('exit', refused);
  first.on('message', function heard(message: unknown) {
    if (message !== serving) return;
    first.off('exit', refused);
    for (let count = 1; count < workers && stoppingSince === undefined; count += 1) start();
  });
  cluster.on('exit', function onExit(worker, code, signal) {
    if (stoppingSince === undefined) replace(worker, code, signal);
    else {
      clean &&= code === 0;
      exitWhenAlone();
    }
  });
}
