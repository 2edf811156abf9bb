import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endNow } from './keeper.ts';
import { processIdentity } from './process-identity.ts';

/** What runs in a folder, as `run.json` in it says. */
export interface Run {
  /** The process that looks after the others. */
  pid: number;
  identity: string;
  urls: Record<string, string>;
  processes: { name: string; pid: number; identity: string; signal: NodeJS.Signals; last: boolean }[];
}

export interface RunFile {
  /** Says where things are once they are. */
  urls(urls: Record<string, string>): void;
  started(name: string, pid: number, how: { signal: NodeJS.Signals; last: boolean }): void;
  ended(pid: number): void;
  release(): void;
}

/** The run of a folder, when one is going on; `undefined` also when what is left of one was killed. */
export function currentRun(dir: string): Run | undefined {
  const run = read(dir);
  return run !== undefined && processIdentity(run.pid) === run.identity ? run : undefined;
}

/**
 * Makes this process the one that runs in `dir`. What a killed predecessor left running there is ended first.
 *
 * @throws with a sentence when another one runs there
 */
export async function claimRun(dir: string): Promise<RunFile> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'run.json');
  const run: Run = { pid: process.pid, identity: processIdentity(process.pid) ?? '', urls: {}, processes: [] };
  const write = (): string => {
    const written = `${file}.${process.pid}`;
    writeFileSync(written, JSON.stringify(run, null, 2), { mode: 0o600 });
    return written;
  };
  for (;;) {
    const other = currentRun(dir);
    if (other !== undefined) throw new AlreadyRunning(other);
    await endLeftovers(dir);
    const written = write();
    try {
      linkSync(written, file); // Only one of several can do this.
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(written);
    }
  }
  const save = (): void => renameSync(write(), file);
  return {
    urls(urls) {
      run.urls = urls;
      save();
    },
    started(name, pid, how) {
      const identity = processIdentity(pid);
      if (identity === undefined) return;
      run.processes.push({ name, pid, identity, ...how });
      save();
    },
    ended(pid) {
      run.processes = run.processes.filter((process) => process.pid !== pid);
      save();
    },
    release: () => rmSync(file, { force: true }),
  };
}

export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
  constructor(run: Run) {
    const where = run.urls['graph'];
    super(
      `It already runs here (pid ${run.pid})${where === undefined ? ', starting' : `: ${where}`}. End that one with Ctrl-C or "kill ${run.pid}" first.`,
    );
  }
}

/** Ends what a killed run left, and forgets it. Only processes that are surely the recorded ones. */
export async function endLeftovers(dir: string): Promise<void> {
  const run = read(dir);
  if (run === undefined) return;
  await endNow(run.processes.filter(({ pid, identity }) => processIdentity(pid) === identity));
  rmSync(join(dir, 'run.json'), { force: true });
}

function read(dir: string): Run | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as Run;
  } catch {
    return undefined;
  }
}
