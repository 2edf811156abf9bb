import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';
import { endNow } from './keeper.ts';
import { processIdentity } from './process-identity.ts';

const keeperFile = fileURLToPath(new URL('../keeper.mjs', import.meta.url));

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keeper-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** Waits until the process is gone; the test's own time limit is the bound. */
async function gone(pid: number): Promise<void> {
  while (processIdentity(pid) !== undefined) await wait(10);
}

async function fileAppears(path: string): Promise<string> {
  while (!existsSync(path)) await wait(10);
  return readFile(path, 'utf8');
}

/** A parent that starts two children under a keeper, writes their pids to a file, and then hangs. */
async function startParent(): Promise<{ parent: ChildProcess; pids: number[] }> {
  const told = join(dir, 'pids');
  await writeFile(
    join(dir, 'parent.mjs'),
    `import { spawn } from 'node:child_process';
     import { renameSync, writeFileSync } from 'node:fs';
     const keeper = spawn(process.execPath, [${JSON.stringify(keeperFile)}, '300'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
     const say = (line) => keeper.stdin.write(JSON.stringify(line) + '\\n');
     const polite = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
     const stubborn = spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 600; done'], { stdio: 'ignore', detached: true });
     say({ add: polite.pid, signal: 'SIGTERM' });
     say({ add: stubborn.pid, signal: 'SIGTERM', last: true });
     say({ sweep: ${JSON.stringify(join(dir, 'swept'))} });
     writeFileSync(${JSON.stringify(`${told}.new`)}, [polite.pid, stubborn.pid, keeper.pid].join(' '));
     keeper.stdin.write('', () => renameSync(${JSON.stringify(`${told}.new`)}, ${JSON.stringify(told)}));
     setInterval(() => {}, 1000);`,
  );
  const parent = spawn(process.execPath, [join(dir, 'parent.mjs')], { stdio: 'ignore' });
  const pids = (await fileAppears(told)).split(' ').map(Number);
  return { parent, pids };
}

describe('the keeper', () => {
  it('ends the children of a parent that was killed, even those that ignore SIGTERM, and removes what it kept', async () => {
    await writeFile(join(dir, 'swept'), 'data');
    const { parent, pids } = await startParent();
    for (const pid of pids) expect(processIdentity(pid)).toBeDefined();
    parent.kill('SIGKILL');
    await Promise.all(pids.map(gone));
    expect(existsSync(join(dir, 'swept'))).toBe(false);
  });

  it('ends listed processes and waits until they are gone', async () => {
    const child = await startChild({ command: 'sleep', args: ['600'] });
    await endNow([{ pid: child.pid }]);
    expect(processIdentity(child.pid)).toBeUndefined();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe('a child process', () => {
  it('takes what it started itself along when it ends', async () => {
    const child = await startChild({ command: 'sh', args: ['-c', 'sleep 600 & echo $!; sleep 600'] });
    while (child.lastLines().length === 0) await wait(10);
    const grandchild = Number(child.lastLines()[0]);
    await child.stop();
    await gone(grandchild);
    expect(child.running()).toBe(false);
  });

  it('shows its last lines, also when they went to a file', async () => {
    const logFile = join(dir, 'some.log');
    const child = await startChild({ command: 'sh', args: ['-c', 'echo one; echo two; exit 3'], logFile });
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.lastLines()).toEqual(['one', 'two']);
  });

  it('says so when it can not be started', async () => {
    await expect(startChild({ command: join(dir, 'nothing'), args: [] })).rejects.toThrow(/ENOENT/);
  });
});
