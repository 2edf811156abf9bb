import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsSchema } from '../config/settings.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';
import { openPages } from './pages.ts';
import { loadPlayground } from './playground.ts';

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const html = '<!doctype html><title>Pages</title>';
const script = '/assets/main-4KJ2WX7Q.js';

let directory: string;
let subgraphs: TestSubgraphs;
let router: TestRouter;
let plain: TestRouter;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pages-'));
  const built = join(directory, 'built');
  await mkdir(join(built, 'assets'), { recursive: true });
  await writeFile(join(directory, 'secret.txt'), 'secret');
  await writeFile(join(built, '.hidden'), 'hidden');
  await writeFile(join(built, 'index.html'), html);
  await writeFile(join(built, 'icon.svg'), '<svg/>');
  await writeFile(join(built, 'graphql'), 'not this');
  await writeFile(join(built, script), 'plain');
  await writeFile(join(built, `${script}.br`), 'brotli');
  await writeFile(join(built, `${script}.gz`), 'gzip');
  await writeFile(join(directory, 'tokens.json'), '[{"label":"Customer Alice","token":"a.b.c"}]');
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, {
    settings: settingsSchema.parse({ listen: { names: ['cafe.example'] }, pages: { directory: built } }),
    playground: await loadPlayground({ tokensFile: join(directory, 'tokens.json') }),
  });
  plain = await startRouter(subgraphs.sdl);
});
afterAll(async () => {
  await Promise.all([router.stop(), plain.stop()]);
  await subgraphs.stop();
  await rm(directory, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(new URL(path, router.url), { method, headers, redirect: 'manual' });

/** As it stands, where fetch would tidy the path up, and unpack the answer. */
function raw(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(router.url);
    request({ hostname, port, path, headers }, function answered(answer) {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('the pages', () => {
  it('are what a browser gets at / and at every path of theirs, so that it can reload', async () => {
    for (const path of ['/', '/order', '/orders/92?from=sms', '/orders/9.2']) {
      const answer = await get(path, browser);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, html]);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
    const head = await get('/order', browser, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(html.length)]);
  });

  it('come under a policy that allows neither inline scripts nor inline styles, nor frames', async () => {
    const { headers } = await get('/', browser);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('permissions-policy')).toContain('camera=()');
  });

  it('bring their files compressed to whom it suits, for good when they are named by their content', async () => {
    expect(await raw(script, { 'accept-encoding': 'gzip, br' })).toEqual({ status: 200, body: 'brotli' });
    expect(await raw(script, { 'accept-encoding': 'gzip' })).toEqual({ status: 200, body: 'gzip' });
    expect(await raw(script)).toEqual({ status: 200, body: 'plain' });
    const named = await get(script, { 'accept-encoding': 'identity' });
    expect(named.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(named.headers.get('vary')).toBe('Accept-Encoding');
    const icon = await get('/icon.svg');
    expect(icon.headers.get('cache-control')).toBe('no-cache');
    const again = await get('/icon.svg', { 'if-none-match': icon.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });

  it('are those of the last build, even if it differs in neither length nor date', async () => {
    const file = join(directory, 'built', 'index.html');
    await utimes(file, 1, 1);
    const first = await get('/', browser);
    const other = html.replace('Pages', 'Other');
    await writeFile(file, other);
    await utimes(file, 1, 1);
    const second = await get('/', { ...browser, 'if-none-match': first.headers.get('etag') ?? '' });
    expect([second.status, await second.text()]).toEqual([200, other]);
    await writeFile(file, html);
  });

  it('leave everything else an answer in JSON, and the paths of the router alone', async () => {
    for (const [path, headers] of [
      ['/assets/gone-4KJ2WX7Q.js', {}],
      ['/order', { accept: 'application/json' }],
      ['/metrics', browser],
      ['/health/nothing', browser],
      ['/playground/nothing', browser],
      ['/.hidden', {}],
      ['/%2ehidden', {}],
    ] as const) {
      const answer = await get(path, headers);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
    expect((await get('/order', browser, 'POST')).status).toBe(404);
    expect((await get('/health/ready', browser)).status).toBe(200);
    expect(await (await get('/graphql', browser)).text()).not.toContain('not this');
    expect((await router.post('{ me { name } }')).body.data).toEqual({ me: { name: 'Alice' } });
  });

  it('keep to their folder, and to whole files', async () => {
    for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/%00', '/%']) {
      expect([path, (await raw(path)).status]).toEqual([path, 404]);
    }
    expect(await raw('/icon.svg', { range: 'bytes=5-2' })).toEqual({ status: 200, body: '<svg/>' });
  });

  it('are refused when there are none, in a sentence', () => {
    expect(() => openPages('/nowhere')).toThrow("The pages' directory /nowhere does not exist.");
    expect(() => openPages(join(directory, 'built', 'assets'))).toThrow('has no index.html');
  });

  it('are not there by default: a browser is sent to the playground', async () => {
    const answer = await fetch(new URL('/', plain.url), { headers: browser, redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/graphql']);
    expect((await fetch(new URL('/order', plain.url), { headers: browser })).status).toBe(404);
  });
});

describe('signing in at the demonstration', () => {
  it('offers whom one may be to pages of this host, and keeps nothing of it', async () => {
    const answer = await get('/demo/personas', { 'sec-fetch-site': 'same-origin' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ personas: [{ label: 'Customer Alice', token: 'a.b.c' }] });
    expect((await get('/demo/personas', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await get('/demo/personas', {}, 'POST')).status).toBe(405);
  });

  it('is for no page under a name that somebody else made lead here', async () => {
    const { status, body } = await raw('/demo/personas', {
      host: 'rebound.example:4000',
      'sec-fetch-site': 'same-origin',
    });
    expect(status).toBe(404);
    expect(body).not.toContain('a.b.c');
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ message: expect.stringContaining('name rebound.example,'), extensions: { code: 'DEMO_OFF' } }],
    });
    const { body: own } = await raw('/demo/personas', { host: 'cafe.example', 'sec-fetch-site': 'same-origin' });
    expect(own).toContain('a.b.c');
  });

  it('is off where the router has no tokens to offer', async () => {
    const answer = await fetch(new URL('/demo/personas', plain.url));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'DEMO_OFF' } }] });
  });
});
