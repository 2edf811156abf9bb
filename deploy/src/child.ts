import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { keeper } from './keeper.ts';
import { lastLinesOf } from './log-files.ts';

export interface ChildOptions {
  command: string;
  args: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Gets every line of stdout and stderr. */
  onLine?: (line: string) => void;
  /** Its output goes there directly (added at the end) instead of through us, which costs us nothing under load. */
  logFile?: string;
  /** How to ask it to end. @default SIGTERM */
  stopSignal?: NodeJS.Signals;
  /** A server that others depend on: the keeper ends it after them. */
  last?: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  pid: number;
  /** Settles when the process has ended and its output was read. Never rejects. */
  exited: Promise<Exit>;
  running(): boolean;
  /** The newest lines of its output, oldest first; at most 60 are remembered. */
  lastLines(count?: number): string[];
  /** Asks it to end and waits; SIGKILL after `withinMs` (default 15 s). */
  stop(withinMs?: number): Promise<Exit>;
  /** SIGKILL, and waits. */
  kill(): Promise<Exit>;
}

const REMEMBERED = 60;

/**
 * Starts a process as the leader of its own group, so that a Ctrl-C in the terminal reaches only us, under the care of the keeper.
 * Rejects when it can't be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { command, args, env, cwd, uid, gid, onLine, logFile, stopSignal = 'SIGTERM', last = false } = options;
  const output = logFile === undefined ? 'pipe' : openSync(logFile, 'a');
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    detached: true,
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } finally {
    if (typeof output === 'number') closeSync(output);
  }
  const pid = child.pid as number;
  keeper().keep(pid, { signal: stopSignal, last });
  child.on('error', () => undefined);

  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > REMEMBERED) lines.shift();
      onLine?.(line);
    });
  }

  let running = true;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      killGroup(pid); // What it started itself and left behind.
      keeper().release(pid);
      // Its output ends a moment later, but a grandchild may hold the pipe open: don't wait for that.
      const read = setTimeout(() => resolve({ code, signal }), 500);
      child.once('close', () => {
        clearTimeout(read);
        resolve({ code, signal });
      });
    });
  });

  return {
    pid,
    exited,
    running: () => running,
    lastLines: (count = 20) => (logFile === undefined ? lines.slice(-count) : lastLinesOf(logFile, count)),
    stop: async (withinMs = 15_000) => {
      if (running) child.kill(stopSignal);
      const tooLong = setTimeout(() => killGroup(pid), withinMs);
      const exit = await exited;
      clearTimeout(tooLong);
      return exit;
    },
    kill: async () => {
      if (running) killGroup(pid);
      return exited;
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
