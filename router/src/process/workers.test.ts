import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { bundleMain } from '../testing/bundled-main.ts';
import { startProcess, type RouterProcess } from '../testing/router-process.ts';
import { startSubgraph } from '../testing/subgraph.ts';
import { compose } from '../testing/supergraph.ts';
import { createTopic } from '../testing/topic.ts';

// Each test starts several processes, and a busy machine starts them slowly.
const timeoutMs = 90_000;

const gate = createTopic<string>();
const running = new Set<RouterProcess>();
let bundle: Awaited<ReturnType<typeof bundleMain>>;
let directory: string;
let subgraph: Awaited<ReturnType<typeof startSubgraph>>;
let args: string[];

beforeAll(async () => {
  bundle = await bundleMain();
  directory = await mkdtemp(join(tmpdir(), 'router-workers-'));
  subgraph = await startSubgraph('slow', 'type Query { hello: String, gated(by: Int): String }', {
    Query: {
      hello: () => 'world',
      async gated() {
        const { value } = await gate.listen().next();
        return value;
      },
    },
  });
  const supergraph = join(directory, 'supergraph.graphql');
  await writeFile(supergraph, compose([subgraph]));
  args = ['--supergraph', supergraph, '--port', '0', '--workers', '2'];
});
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(async () => {
  await subgraph.kill();
  await Promise.all([bundle.remove(), rm(directory, { recursive: true })]);
});

function start(more: readonly string[] = [], env?: Record<string, string>): RouterProcess {
  const router = startProcess(bundle.main, [...args, ...more], env);
  running.add(router);
  return router;
}

/** Both serve. @returns their pids and addresses */
async function twoWorkers({ said }: RouterProcess) {
  const workers: { pid: number; url: string }[] = [];
  while (workers.length < 2) {
    const { pid, url } = await said('listening');
    workers.push({ pid: pid as number, url: url as string });
  }
  return workers;
}

/** A connection of its own, which comes to one worker or the other. */
async function ask(url: string, query: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

describe('several workers', () => {
  it(
    'serve on one port, also on one that the system chooses, with the space for new objects that a router wants',
    async () => {
      const router = start();
      const lines = [await router.said('listening'), await router.said('listening')];
      expect(lines[0]!['url']).toBe(lines[1]!['url']);
      expect(new Set([router.child.pid, ...lines.map(({ pid }) => pid)]).size).toBe(3);
      expect(lines.map(({ semiSpace }) => semiSpace)).toEqual(['64 MB', '64 MB']);
      for (let count = 0; count < 6; count += 1) {
        expect(await ask(lines[0]!['url'] as string, '{ hello }')).toEqual({ data: { hello: 'world' } });
      }
    },
    timeoutMs,
  );

  it(
    'count the operations of a caller together',
    async () => {
      const config = join(directory, 'rate-limit.yaml');
      await writeFile(config, 'rateLimit: { operations: 5, windowMs: 600000 }\n');
      const [{ url } = { url: '' }] = await twoWorkers(start(['--config', config]));
      const answers: unknown[] = [];
      for (let count = 0; count < 10; count += 1) answers.push(await ask(url, '{ hello }'));
      expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => ({ data: { hello: 'world' } })));
      for (const answer of answers.slice(5)) {
        expect(answer).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
      }
    },
    timeoutMs,
  );

  it(
    'are as many again after one was killed, and the other serves meanwhile',
    async () => {
      const router = start();
      const [first, second] = await twoWorkers(router);
      process.kill(first!.pid, 'SIGKILL');
      expect(await router.said('a worker ended, another takes its place')).toMatchObject({
        level: 'error',
        pid: first!.pid,
        signal: 'SIGKILL',
      });
      expect(await ask(second!.url, '{ hello }')).toEqual({ data: { hello: 'world' } });
      const third = await router.said('listening');
      expect([first!.pid, second!.pid]).not.toContain(third['pid']);
      expect(third['url']).toBe(second!.url);
    },
    timeoutMs,
  );

  it(
    'finish what is in flight on SIGTERM, and then all end with 0',
    async () => {
      const router = start();
      const [{ url } = { url: '' }] = await twoWorkers(router);
      const inFlight = [1, 2, 3, 4].map((by) => ask(url, `{ gated(by: ${by}) }`));
      await gate.listening(4);
      router.child.kill('SIGTERM');
      await router.said('stopping');
      gate.publish('at last');
      for (const answer of await Promise.all(inFlight)) expect(answer).toEqual({ data: { gated: 'at last' } });
      expect(await router.exited).toEqual([0, null]);
      await expect(fetch(url)).rejects.toThrow('fetch failed');
    },
    timeoutMs,
  );

  it(
    'are gone when the process that looks after them is killed',
    async () => {
      const router = start();
      const [{ url } = { url: '' }] = await twoWorkers(router);
      router.child.kill('SIGKILL');
      await router.exited;
      // Nobody listens any more; the last to know is whoever was just about to answer.
      while (await answers(url)) await setImmediate();
    },
    timeoutMs,
  );

  it(
    'take up a new supergraph on SIGHUP, all of them',
    async () => {
      const router = start();
      await twoWorkers(router);
      await router.said('started');
      await writeFile(args[1]!, `${compose([subgraph])}# new`);
      router.child.kill('SIGHUP');
      await router.said('serving the new supergraph');
      await router.said('serving the new supergraph');
    },
    timeoutMs,
  );

  it(
    'live through a SIGHUP that comes before they serve',
    async () => {
      const router = start();
      await router.said('listening');
      // The second one has only just begun.
      router.child.kill('SIGHUP');
      await router.said('listening');
      router.child.kill('SIGTERM');
      expect(await router.exited).toEqual([0, null]);
      expect(router.messages).not.toContain('a worker ended, another takes its place');
    },
    timeoutMs,
  );

  it(
    'say once that they refuse to start',
    async () => {
      const router = start(['--supergraph', '/nowhere/file']);
      expect(await router.exited).toEqual([78, null]);
      expect(router.complaints()).toBe('router: The supergraph file /nowhere/file does not exist.\n');
    },
    timeoutMs,
  );

  it(
    'come from the file of settings, too',
    async () => {
      const config = join(directory, 'workers.yaml');
      await writeFile(config, 'workers: ${HOW_MANY}\n');
      const router = startProcess(bundle.main, [...args.slice(0, 4), '--config', config], { HOW_MANY: '2' });
      running.add(router);
      const pids = (await twoWorkers(router)).map(({ pid }) => pid);
      expect(new Set([...pids, router.child.pid]).size).toBe(3);
    },
    timeoutMs,
  );
});

describe('a single router', () => {
  it(
    'serves in the process that was started, with the space for new objects that a router wants',
    async () => {
      const router = startProcess(bundle.main, args.slice(0, 4));
      running.add(router);
      expect(await router.said('listening')).toMatchObject({ pid: router.child.pid, semiSpace: '64 MB' });
      router.child.kill('SIGINT');
      expect(await router.exited).toEqual([0, null]);
    },
    timeoutMs,
  );

  it(
    'keeps the space that it was given by hand',
    async () => {
      const router = startProcess(bundle.main, args.slice(0, 4), { NODE_OPTIONS: '--max-semi-space-size=32' });
      running.add(router);
      expect(await router.said('listening')).toMatchObject({ pid: router.child.pid, semiSpace: '32 MB' });
    },
    timeoutMs,
  );
});

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url.replace('/graphql', '/health'), { headers: { connection: 'close' } })).text();
    return true;
  } catch {
    return false;
  }
}
