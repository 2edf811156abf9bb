import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createToOwnName } from './own-name.ts';
import { loadPlayground } from './playground.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

let directory: string;
let subgraphs: TestSubgraphs;
let router: TestRouter;
const offered = {
  tokens: [{ label: 'alice', token: 'a.b.c' }],
  examples: [{ title: 'One', query: '{ me { name } }', variables: { id: '1' } }],
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'playground-'));
  const built = join(directory, 'built');
  const script = fileURLToPath(new URL('../../playground/build.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [script, built]);
  await writeFile(join(directory, 'tokens.json'), JSON.stringify(offered.tokens));
  await writeFile(join(directory, 'examples.json'), JSON.stringify(offered.examples));
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, {
    playground: await loadPlayground({
      directory: built,
      tokensFile: join(directory, 'tokens.json'),
      examplesFile: join(directory, 'examples.json'),
      toOwnName: createToOwnName([]),
    }),
  });
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
  await rm(directory, { recursive: true });
});

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

describe('the playground', () => {
  it('is what a browser gets at the endpoint, under a policy that allows no script but its own', async () => {
    const response = await fetch(router.url, { headers: browser });
    expect(response.headers.get('content-type')).toContain('text/html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*/);
    expect(await response.text()).not.toMatch(
      /<script(?![^>]*src="\/playground\/)|(?:src|href)="(?!\/playground\/|data:)/,
    );
  });

  it('has every file that it names, to be kept for long', async () => {
    const page = await (await fetch(router.url, { headers: browser })).text();
    const names = [...page.matchAll(/(?:src|href)="(\/playground\/[^"]+)"/g)].map((match) => match[1]);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const response = await fetch(new URL(name!, router.url));
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(10_000);
    }
  });

  it('comes compressed to who takes it so', async () => {
    for (const [encoding, expected] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const response = await fetch(router.url, { headers: { ...browser, 'accept-encoding': encoding } });
      expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
        expected,
        'accept-encoding',
      ]);
      expect(await response.text()).toContain('<title>GraphQL playground</title>');
    }
    expect((await fetch(new URL('/playground/index.html.br', router.url))).status).toBe(404);
  });

  it('names nothing outside of itself in its styles', async () => {
    for (const name of await readdir(join(directory, 'built'))) {
      if (!name.endsWith('.css')) continue;
      const css = await readFile(join(directory, 'built', name), 'utf8');
      expect(css).not.toMatch(/@import|url\((?!['"]?(?:data:|\/playground\/|#))/);
    }
  });

  it('offers the tokens and examples of the files that it was given', async () => {
    expect(await (await fetch(new URL('/playground/offered.json', router.url))).json()).toEqual({
      ...offered,
      explain: false,
      home: false,
    });
  });

  it('tells no tokens to pages of other sites, nor under a name that somebody else made lead here', async () => {
    const url = new URL('/playground/offered.json', router.url);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { host: 'rebound.example', 'sec-fetch-site': 'same-origin' },
    ]) {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { headers }, resolve).on('error', reject);
      });
      expect(await json(answer)).toMatchObject({ tokens: [], examples: offered.examples });
    }
  });

  it('does not stand in the way of clients that want JSON, and serves no other files', async () => {
    const answer = await fetch(`${router.url}?query={me{name}}`, { headers: { 'apollo-require-preflight': '1' } });
    expect(await answer.json()).toEqual({ data: { me: { name: 'Alice' } } });
    expect((await fetch(new URL('/playground/%2e%2e/tokens.json', router.url))).status).toBe(404);
    expect((await fetch(new URL('/playground/index.html', router.url))).status).toBe(404);
  });

  it('refuses files that are not of the form, in a sentence', async () => {
    const wrong = join(directory, 'wrong.json');
    await writeFile(wrong, '{"label": 1}');
    await expect(loadPlayground({ tokensFile: wrong })).rejects.toThrow(`${wrong} does not hold JSON of the form`);
    await expect(loadPlayground({ examplesFile: '/nowhere.json' })).rejects.toThrow('/nowhere.json does not exist.');
  });
});
