import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { cloneCheckout, type Clone } from '../harness/clone.ts';
import { eventually } from '../harness/eventually.ts';
import { createGraph } from '../harness/graph.ts';
import { customerOf } from '../harness/operations.ts';

const run = promisify(execFile);

/** A port with room above it for the other parts, within the block that is this process's alone. */
async function freeRange(): Promise<number> {
  let port = await freePort();
  while (port % 100 > 60) port = await freePort();
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm start on a clone', () => {
  let clone: Clone;
  let port: number;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    clone = await cloneCheckout();
    port = await freeRange();
  }, 120_000);
  afterAll(async () => {
    for (const child of started) child.kill('SIGINT');
    await Promise.all(started.map(ended));
    await clone.remove();
  }, 60_000);

  const env = (): NodeJS.ProcessEnv => {
    const { NODE_OPTIONS: _, ...rest } = process.env;
    return { ...rest, ROUTER_PORT: String(port) };
  };
  const npm = (...args: string[]) => run('npm', args, { cwd: clone.dir, env: env(), maxBuffer: 2 ** 26 });

  /** Starts and waits until it says that it is ready. */
  async function start(...args: string[]): Promise<{ child: ChildProcess; output: () => string }> {
    const child = spawn('npm', ['start', ...args], { cwd: clone.dir, env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(
      () => Promise.resolve(child.exitCode === null ? output : `ended: ${output}`),
      (text) => text.includes('Ready after') || text.startsWith('ended'),
      240_000,
    );
    expect(output).toContain('Ready after');
    return { child, output: () => output };
  }

  async function ended(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
  }

  async function pids(): Promise<number[]> {
    const file = JSON.parse(await readFile(join(clone.dir, '.local', 'run.json'), 'utf8')) as unknown;
    return [...JSON.stringify(file).matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
  }

  it('builds, starts, plays the demonstration, and leaves nothing after Ctrl-C', async () => {
    const { child, output } = await start();
    expect(output()).toContain(`http://127.0.0.1:${port}/graphql`);
    for (const path of ['', 'order', 'barista', 'sales', 'graphql', 'simulators']) {
      const url = `http://127.0.0.1:${port}/${path}`;
      expect(output()).toMatch(new RegExp(`^ +\\S.* ${url}( |$)`, 'm'));
      const page = await fetch(url, { headers: { accept: 'text/html' }, redirect: 'manual' });
      expect([path, page.status]).toEqual([path, 200]);
      expect(await page.text()).toMatch(/<script[^>]* src="\/(assets|playground)\//);
    }
    const personas = await fetch(`http://127.0.0.1:${port}/demo/personas`);
    expect(((await personas.json()) as { personas: unknown[] }).personas).toHaveLength(6);
    const knobs = await fetch(`http://127.0.0.1:${port}/simulators/payment/knobs`);
    expect(await knobs.json()).toMatchObject({ mode: 'ok' });
    const running = await pids();
    expect(running.length).toBeGreaterThanOrEqual(9);

    const demo = await npm('run', 'demo');
    expect(demo.stdout).toContain('The demonstration went as expected');

    const token = (await npm('run', '--silent', 'token', '--', 'customer', '--subject', 'alice')).stdout.trim();
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ cafes { edges { node { id name open menu { product price } } } } }' }),
    });
    const { data } = (await answer.json()) as {
      data: { cafes: { edges: { node: { id: string; menu: unknown[] } }[] } };
    };
    expect(data.cafes.edges.map(({ node }) => node.id)).toContain('92');
    expect(data.cafes.edges).toHaveLength(3);
    expect(data.cafes.edges.every(({ node }) => node.menu.length >= 8)).toBe(true);

    await expect(npm('start')).rejects.toMatchObject({ stdout: expect.stringContaining(String(port)) });

    child.kill('SIGINT');
    await ended(child);
    expect(child.exitCode).toBe(0);
    expect(running.filter(alive)).toEqual([]);
    expect(await answers(port)).toBe(false);
    expect(await clone.changes()).toBe('');
  }, 400_000);

  it('starts again without installing or building, keeps its data, and does without delivery; killed, it leaves no orphan', async () => {
    const { child, output } = await start('--', '--without', 'delivery');
    expect(output()).not.toMatch(/Installing|Building/);
    const running = await pids();
    const token = (await npm('run', '--silent', 'token', '--', 'customer', '--subject', 'alice')).stdout.trim();
    const alice = customerOf(createGraph(`http://127.0.0.1:${port}/graphql`, token));
    const order = await alice.paidOrder({ expectedTotal: 2000 });
    expect((await alice.cancel(order.id)).order?.status).toBe('CANCEL_REQUESTED');
    const asked = await alice.graph.send<{ order: unknown }>(
      'query($id: ID!) { order(id: $id) { status delivery { status } } }',
      {
        id: order.id,
      },
    );
    expect(asked.data?.order).toEqual({ status: 'CANCEL_REQUESTED', delivery: null });
    // npm may pass no signal on when it is killed; what it started must notice by itself.
    child.kill('SIGKILL');
    await eventually(
      () => Promise.resolve(running.filter(alive)),
      (left) => left.length === 0,
      30_000,
    );
    expect(await answers(port)).toBe(false);
    expect(await clone.changes()).toBe('');
  }, 200_000);

  it('says which port is taken and what to do', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    try {
      await expect(npm('start')).rejects.toMatchObject({
        stdout: expect.stringMatching(/Port \d+ \(router\) is taken.*ROUTER_PORT=/s),
      });
    } finally {
      await new Promise((resolve) => holder.close(resolve));
    }
  }, 60_000);

  it('empties its data with npm run reset', async () => {
    await npm('run', 'reset');
    expect(await clone.changes()).toBe('');
    await expect(readFile(join(clone.dir, '.local', 'run.json'))).rejects.toThrow('ENOENT');
  }, 60_000);
});
