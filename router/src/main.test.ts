import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { bundleMain } from './testing/bundled-main.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

let bundle: Awaited<ReturnType<typeof bundleMain>>;
let directory: string;
let supergraph: string;
let subgraphs: TestSubgraphs;
const running = new Set<ChildProcess>();

// Each test starts whole processes, and a busy machine starts them slowly.
const timeoutMs = 90_000;

beforeAll(async () => {
  bundle = await bundleMain();
  directory = await mkdtemp(join(tmpdir(), 'router-main-'));
  subgraphs = await startSubgraphs();
  supergraph = join(directory, 'supergraph.graphql');
  await writeFile(supergraph, subgraphs.sdl);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await subgraphs.stop();
  await Promise.all([bundle.remove(), rm(directory, { recursive: true })]);
});

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [bundle.main, ...args], { env: { PATH: process.env['PATH'], ...env } });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs to the end. */
async function run(args: readonly string[], env?: Record<string, string>) {
  const child = start(args, env);
  const texts = { out: '', error: '' };
  child.stdout!.on('data', (chunk) => (texts.out += String(chunk)));
  child.stderr!.on('data', (chunk) => (texts.error += String(chunk)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...texts };
}

async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg === 'listening') return url;
  }
  throw new Error('the router ended before it listened');
}

/** The next line of the log with that message. */
async function lineOf(lines: AsyncIterator<string>, message: string): Promise<Record<string, unknown>> {
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    const line = JSON.parse(next.value) as Record<string, unknown>;
    if (line['msg'] === message) return line;
  }
  throw new Error(`the router ended before it said: ${message}`);
}

describe('the router as a process', () => {
  it(
    'explains itself',
    async () => {
      const { code, out } = await run(['--help']);
      expect(code).toBe(0);
      expect(out).toContain('--supergraph FILE');
      const schema = await run(['--print-config-schema']);
      expect(JSON.parse(schema.out)).toMatchObject({ properties: { listen: { type: 'object' } } });
    },
    timeoutMs,
  );

  it(
    'says in one sentence that no supergraph was given, that it does not exist, or that it is none',
    async () => {
      const wrong = join(directory, 'wrong.graphql');
      await writeFile(wrong, 'type Query { a: Int }');
      for (const [args, sentence] of [
        [[], /there is no supergraph: give --supergraph FILE, or SUPERGRAPH/],
        [['--supergraph', '/nowhere/file'], /The supergraph file \/nowhere\/file does not exist\./],
        [['--supergraph', wrong], /wrong\.graphql is not a supergraph that can be served: .+\./],
        [['--supergraph', supergraph, '--prot', '1'], /Unknown option '--prot'.*See --help\./],
        [['--supergraph', supergraph, '--port', 'x'], /--port: listen\.port should be a whole number from 0 to 65535/],
      ] as const) {
        const { code, error } = await run(args);
        expect([code, error]).toEqual([78, expect.stringMatching(sentence)]);
      }
    },
    timeoutMs,
  );

  it(
    'checks a configuration file, and starts nothing',
    async () => {
      const example = join(directory, 'example.yaml');
      await writeFile(example, (await run(['--print-config-example'])).out);
      const good = await run(['--config', example, '--supergraph', supergraph, '--check-config']);
      expect(good).toEqual({ code: 0, out: 'The configuration is valid.\n', error: '' });
      await writeFile(example, 'listen: { prot: 1 }\n');
      const bad = await run(['--config', example, '--supergraph', supergraph, '--check-config']);
      expect([bad.code, bad.out, bad.error]).toEqual([
        78,
        '',
        `router: The configuration is not valid: ${example}:1:11: listen.prot does not exist; did you mean port? There are host, port, names.\n`,
      ]);
    },
    timeoutMs,
  );

  it(
    'says of a configuration which of its files cannot be read',
    async () => {
      const config = join(directory, 'files.yaml');
      await writeFile(
        config,
        `supergraph: /nowhere/file
persistedOperations: { manifest: /nowhere/manifest.json }
identity: { jwt: { jwks: /nowhere/jwks.json, issuer: a, audience: b } }
`,
      );
      expect(await run(['--config', config, '--check-config'])).toEqual({
        code: 78,
        out: '',
        error: `router: The supergraph file /nowhere/file does not exist.
The manifest of persisted operations /nowhere/manifest.json does not exist.
The key set /nowhere/jwks.json does not exist.
`,
      });
    },
    timeoutMs,
  );

  it(
    'does not start without the file of the key set; a key set out of reach is waited for',
    async () => {
      const env = { JWT_ISSUER: 'a', JWT_AUDIENCE: 'b' };
      const args = ['--supergraph', supergraph, '--port', '0'];
      for (const jwks of ['/nowhere/jwks.json', 'file:///nowhere/jwks.json']) {
        const { code, error } = await run(args, { ...env, JWT_JWKS: jwks });
        expect([code, error]).toEqual([78, expect.stringContaining(`The key set ${jwks} does not exist.`)]);
      }
      const child = start(args, { ...env, JWT_JWKS: 'http://127.0.0.1:1/jwks.json' });
      expect(await urlOf(child)).toContain('/graphql');
      child.kill('SIGKILL');
    },
    timeoutMs,
  );

  it(
    'takes up a new supergraph on SIGHUP',
    async () => {
      const file = join(directory, 'reloaded.graphql');
      await writeFile(file, subgraphs.sdl);
      const config = join(directory, 'reload.yaml');
      await writeFile(config, 'reload: { everyMs: 0 }\nlisten: { port: 0 }\n');
      const child = start(['--supergraph', file, '--config', config]);
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
      await lineOf(lines, 'started');
      await writeFile(file, 'broken');
      child.kill('SIGHUP');
      expect(await lineOf(lines, 'the new supergraph is not served, the one before stays')).toMatchObject({
        level: 'error',
        reason: expect.stringContaining('is not a supergraph that can be served'),
      });
      await writeFile(file, `${subgraphs.sdl}# new`);
      child.kill('SIGHUP');
      await lineOf(lines, 'serving the new supergraph');
      child.kill('SIGKILL');
    },
    timeoutMs,
  );

  it(
    'says that its port is taken',
    async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      const { code, error } = await run(['--supergraph', supergraph, '--port', String(port)]);
      other.close();
      expect([code, error]).toEqual([78, expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`)]);
    },
    timeoutMs,
  );

  it(
    'serves any supergraph without further settings, and goes in order on SIGTERM',
    async () => {
      const child = start(['--supergraph', supergraph, '--port', '0']);
      const url = await urlOf(child);
      expect((await fetch(url.replace('/graphql', '/health'))).status).toBe(200);
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer of whatever' },
        body: '{"query":"{ me { name badge { label } } seen { identity } }"}',
      });
      expect(await response.json()).toEqual({
        data: { me: { name: 'Alice', badge: { label: 'badge of 1' } }, seen: { identity: null } },
      });
      const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
      await once(socket, 'open');
      const closed = once(socket, 'close');
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect((await closed)[0]).toBe(1012);
      expect(await exited).toEqual([0, null]);
    },
    timeoutMs,
  );

  it(
    'goes to another address of a subgraph when it is told to',
    async () => {
      const child = start(['--supergraph', supergraph, '--port', '0'], {
        SUBGRAPH_URL_PEOPLE: 'http://127.0.0.1:1/graphql',
      });
      const url = await urlOf(child);
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ me { name } badges }"}',
      });
      expect(await response.json()).toMatchObject({
        data: { me: null, badges: ['gold'] },
        errors: [{ extensions: { serviceName: 'people' } }],
      });
      child.kill('SIGKILL');
    },
    timeoutMs,
  );
});
