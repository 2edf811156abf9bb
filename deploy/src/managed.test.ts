import { startChild, type Exit } from './child.ts';
import { manage, type Part } from './managed.ts';
import { createSupervisor, restartPause } from './supervisor.ts';

/** A part that is a real process, and says by its exit code what it was told. */
function sleeper(command = 'sleep 600'): Part {
  return {
    name: 'sleeper',
    async begin(env) {
      const child = await startChild({
        command: 'sh',
        args: ['-c', command],
        env: { PATH: process.env['PATH'], ...env },
      });
      return {
        pid: child.pid,
        exited: child.exited,
        ready: async () => undefined,
        stop: () => child.stop(),
        kill: () => child.kill(),
      };
    },
    logs: () => [],
  };
}

function watch() {
  const seen: string[] = [];
  let died: ((exit: Exit) => void) | undefined;
  const death = new Promise<Exit>((resolve) => (died = resolve));
  return {
    seen,
    death,
    watcher: {
      started: () => seen.push('started'),
      ended: () => seen.push('ended'),
      died(_: string, exit: Exit) {
        seen.push('died');
        died?.(exit);
      },
    },
  };
}

describe('a part of the system', () => {
  it('can be stopped, killed and started again, which is no accident', async () => {
    const { watcher, seen } = watch();
    const part = manage(sleeper(), watcher);
    await part.start();
    const first = part.pid();
    await part.start();
    expect(part.pid()).toBe(first);
    await part.stop();
    expect(part.pid()).toBeUndefined();
    await part.start();
    await part.kill();
    expect(seen).toEqual(['started', 'ended', 'started', 'ended']);
  });

  it('that ends by itself has died, with its exit code', async () => {
    const { watcher, death } = watch();
    await manage(sleeper('exit 7'), watcher).start();
    expect(await death).toEqual({ code: 7, signal: null });
  });

  it('keeps the environment that it was last given', async () => {
    const first = watch();
    const part = manage(sleeper('exit ${CODE:-0}'), first.watcher);
    await part.start({ env: { CODE: '5' } });
    expect((await first.death).code).toBe(5);
  });
});

describe('restarting what died', () => {
  it('waits longer after each death, and never restarts what was told something wrong', () => {
    expect([1, 2, 3, 20].map((failures) => restartPause({ code: 1, signal: null }, failures))).toEqual([
      500, 1000, 2000, 30_000,
    ]);
    expect(restartPause({ code: 78, signal: null }, 1)).toBeUndefined();
    expect(restartPause({ code: null, signal: 'SIGKILL' }, 1)).toBe(500);
  });

  it('starts the part again', async () => {
    let restarted: (() => void) | undefined;
    const again = new Promise<void>((resolve) => (restarted = resolve));
    const part = { ...manage(sleeper(), watch().watcher), start: async () => restarted?.() };
    const supervisor = createSupervisor(
      () => part,
      () => undefined,
    );
    expect(supervisor.died('sleeper', { code: 1, signal: null })).toBe(500);
    await again;
    supervisor.stop();
  });
});
