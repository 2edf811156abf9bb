import type { Exit } from './child.ts';

/** One part of a running system, whatever it is made of. */
export interface ManagedProcess {
  /** The pid, while it runs. */
  pid(): number | undefined;
  /**
   * Starts it unless it runs.
   *
   * @param options.env further environment, for this start and the following ones
   * @param options.until `spawned` does not wait until it is ready. @default 'ready'
   */
  start(options?: StartOptions): Promise<void>;
  /** Ends it in order: it drains. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** The newest lines of its log, oldest first. @default 40 */
  logs(count?: number): string[];
}

export interface StartOptions {
  env?: Record<string, string>;
  until?: 'ready' | 'spawned';
}

/** What one start of a part brings. */
export interface Started {
  pid: number;
  exited: Promise<Exit>;
  /** Settles when it does its work; rejects when it never will. */
  ready(): Promise<void>;
  stop(): Promise<unknown>;
  kill(): Promise<unknown>;
}

export interface Part {
  name: string;
  begin(env: Record<string, string>): Promise<Started>;
  logs(count: number): string[];
}

export interface Watcher {
  started(name: string, pid: number): void;
  ended(name: string, pid: number): void;
  /** It ended although nobody asked it to. */
  died(name: string, exit: Exit): void;
}

/** Starting, stopping and killing a part, in turn and as often as wanted; tells `watcher` what happens. */
export function manage(part: Part, watcher: Watcher): ManagedProcess {
  let current: Started | undefined;
  let beginning: Promise<Started> | undefined;
  let env: Record<string, string> = {};
  const asked = new WeakSet<Started>();

  async function end(how: 'stop' | 'kill'): Promise<void> {
    const started = current ?? (await beginning?.catch(() => undefined));
    if (started === undefined) return;
    asked.add(started);
    await started[how]();
  }

  async function forgetWhenEnded(started: Started): Promise<void> {
    const exit = await started.exited;
    if (current === started) current = undefined;
    watcher.ended(part.name, started.pid);
    if (!asked.has(started)) watcher.died(part.name, exit);
  }

  async function begin(): Promise<Started> {
    const started = await part.begin(env);
    current = started;
    watcher.started(part.name, started.pid);
    void forgetWhenEnded(started);
    return started;
  }

  return {
    pid: () => current?.pid,
    async start({ env: more = {}, until = 'ready' } = {}) {
      env = { ...env, ...more };
      const started = current ?? (await (beginning ??= begin().finally(() => (beginning = undefined))));
      if (until === 'ready') await started.ready();
    },
    stop: async () => end('stop'),
    kill: async () => end('kill'),
    logs: (count = 40) => part.logs(count),
  };
}
