import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Keeper {
  /** Ends `pid` with `signal` should this process die first. `last`: only after everything that is not `last`. */
  keep(pid: number, how?: { signal?: NodeJS.Signals; last?: boolean }): void;
  /** `pid` has ended, or is nobody's business any more. */
  release(pid: number): void;
  /** Removes `path` should this process die first. */
  sweep(path: string): void;
  unsweep(path: string): void;
  /** The keeper's own process. */
  pid: number;
}

/** A process to end, and how; see `Keeper.keep`. */
export interface Kept {
  pid: number;
  signal?: NodeJS.Signals;
  last?: boolean;
}

let shared: Keeper | undefined;

/**
 * The keeper of this process, started at the first call: a small process of its own that ends every pid it was told once this
 * process is gone, even by SIGKILL. It never holds this process up.
 */
export function keeper(): Keeper {
  return (shared ??= startKeeper());
}

/** Ends these processes as a keeper would, and waits until they are gone. */
export async function endNow(processes: readonly Kept[]): Promise<void> {
  if (processes.length === 0) return;
  const child = spawnKeeper();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const lines = processes.map(({ pid, signal, last }) => JSON.stringify({ add: pid, signal, last }));
  child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
  await gone;
}

function spawnKeeper(): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL('../keeper.mjs', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    // Not a folder that somebody wants to remove or unmount, and no NODE_OPTIONS of a test run.
    cwd: '/',
    env: {},
  });
}

function startKeeper(): Keeper {
  const child = spawnKeeper();
  const { pid } = child;
  if (pid === undefined) throw new Error('The process that ends leftovers could not be started');
  const stdin = child.stdin as Socket;
  // It lives as long as the pipe is open; this process must be able to end without waiting for it.
  child.unref();
  stdin.unref();
  stdin.on('error', () => undefined);
  const say = (line: object): void => void stdin.write(`${JSON.stringify(line)}\n`);
  return {
    keep: (kept, how = {}) => say({ add: kept, ...how }),
    release: (kept) => say({ remove: kept }),
    sweep: (path) => say({ sweep: path }),
    unsweep: (path) => say({ unsweep: path }),
    pid,
  };
}
