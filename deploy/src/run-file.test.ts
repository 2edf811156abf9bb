import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { processIdentity } from './process-identity.ts';
import { AlreadyRunning, claimRun, currentRun, type Run } from './run-file.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'run-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function leftBehind(run: Partial<Run>): Promise<void> {
  const killed = { pid: process.pid, identity: 'of a process that was killed', urls: {}, processes: [] };
  await writeFile(join(dir, 'run.json'), JSON.stringify({ ...killed, ...run }));
}

describe('the record of a run', () => {
  it('lets only one run at a time, and says where the other one is', async () => {
    const run = await claimRun(dir);
    run.urls({ graph: 'http://127.0.0.1:4000/graphql' });
    await expect(claimRun(dir)).rejects.toThrow(AlreadyRunning);
    await expect(claimRun(dir)).rejects.toThrow(`pid ${process.pid}): http://127.0.0.1:4000/graphql`);
    run.release();
    expect(existsSync(join(dir, 'run.json'))).toBe(false);
    (await claimRun(dir)).release();
  });

  it('of a killed run is used to end what it left, and then forgotten', async () => {
    const child = await startChild({ command: 'sleep', args: ['600'] });
    const { pid } = child;
    const identity = processIdentity(pid) as string;
    await leftBehind({ processes: [{ name: 'left', pid, identity, signal: 'SIGTERM', last: false }] });
    expect(currentRun(dir)).toBeUndefined();
    const run = await claimRun(dir);
    expect(processIdentity(pid)).toBeUndefined();
    run.release();
  });

  it('never ends a process that only has the pid of a recorded one', async () => {
    const child = await startChild({ command: 'sleep', args: ['600'] });
    const { pid } = child;
    await leftBehind({ processes: [{ name: 'left', pid, identity: 'another', signal: 'SIGTERM', last: false }] });
    (await claimRun(dir)).release();
    expect(child.running()).toBe(true);
    await child.kill();
  });

  it('names the processes that run', async () => {
    const run = await claimRun(dir);
    run.started('router', process.pid, { signal: 'SIGTERM', last: false });
    const written = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')) as Run;
    expect(written.processes).toMatchObject([{ name: 'router', pid: process.pid }]);
    run.ended(process.pid);
    expect(currentRun(dir)?.processes).toEqual([]);
    run.release();
  });
});
