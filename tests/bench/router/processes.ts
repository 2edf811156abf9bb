/** Processes of the benchmark, each on the core it belongs to: what is measured has one for itself, all the rest share the other. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { startChild, type Child } from '@cafe-for-me/deploy/child';

const GATEWAY_CORE = 0;
const OTHER_CORE = 1;

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Keeps this process, all its threads and what it starts from now on off the core of what is measured. */
export function pinSelf(): boolean {
  return canPin && spawnSync('taskset', ['-a', '-cp', String(OTHER_CORE), String(process.pid)]).status === 0;
}

export interface NodeProcess {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly core: 'gateway' | 'other';
  readonly logFile?: string;
  readonly onLine?: (line: string) => void;
}

/** Starts Node with these arguments. */
export function startNode({ args, env = {}, cwd, core, logFile, onLine }: NodeProcess): Promise<Child> {
  const pinned = canPin ? ['-c', String(core === 'gateway' ? GATEWAY_CORE : OTHER_CORE), process.execPath] : [];
  return startChild({
    command: canPin ? 'taskset' : process.execPath,
    args: [...pinned, ...args],
    env: { ...process.env, APOLLO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
    ...(cwd !== undefined && { cwd }),
    ...(logFile !== undefined && { logFile }),
    ...(onLine !== undefined && { onLine }),
  });
}

/** Starts Node and waits for the port that it says. */
export async function startListening(options: NodeProcess): Promise<{ child: Child; port: number }> {
  let said: (port: number) => void;
  const listening = new Promise<number>((resolve) => {
    said = resolve;
  });
  const child = await startNode({
    ...options,
    onLine(line) {
      const port = /^listening (\d+)$/.exec(line)?.[1];
      if (port !== undefined) said(Number(port));
    },
  });
  const ended = child.exited.then(() => {
    throw new Error(`${options.args.join(' ')} ended at once:\n${child.lastLines().join('\n')}`);
  });
  return { child, port: await Promise.race([listening, ended]) };
}

/** The memory that a process has, in MiB; undefined where there is no /proc. */
export async function residentMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
}
