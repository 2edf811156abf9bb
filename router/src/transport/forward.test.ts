import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { settingsSchema } from '../config/settings.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';
import { forwardFromText } from './pages-settings.ts';

interface Got {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let subgraphs: TestSubgraphs;
let router: TestRouter;
let server: Server;
let got: Got[] = [];
beforeAll(async () => {
  server = createServer(function echo(asked, response) {
    let body = '';
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()));
    asked.on('end', function answer() {
      const { method = '', url = '', headers } = asked;
      got.push({ method, url, headers, body });
      if (url.endsWith('/hang')) return;
      if (url.endsWith('/break')) {
        response.destroy();
        return;
      }
      response.setHeader('set-cookie', 'a=b');
      response.setHeader('access-control-allow-origin', '*');
      response.writeHead(url.endsWith('/teapot') ? 418 : 200, { 'content-type': 'text/html' }).end('answer');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  subgraphs = await startSubgraphs();
  const forward = { '/sim/pay': base, '/sim/pay/deep': `${base}/own/`, '/sim/gone': 'http://127.0.0.1:1' };
  router = await startRouter(subgraphs.sdl, {
    settings: settingsSchema.parse({ pages: { forward, forwardTimeoutMs: 300 } }),
  });
});
beforeEach(() => void (got = []));
afterAll(async () => {
  await router.stop();
  server.closeAllConnections();
  server.close();
  await subgraphs.stop();
});

const send = (path: string, init: RequestInit = {}) => fetch(new URL(path, router.url), init);
const code = async (answer: Response) => {
  const { errors } = (await answer.json()) as { errors: [{ extensions: { code: string } }] };
  return [answer.status, errors[0].extensions.code];
};

describe('what pages need beside the graph', () => {
  it('goes on to the service behind its path, with the query and the body', async () => {
    const answer = await send('/sim/pay/knobs?a=1', { method: 'PUT', body: '{"mode":"hang"}' });
    expect([answer.status, await answer.text()]).toEqual([200, 'answer']);
    expect((await send('/sim/pay/teapot')).status).toBe(418);
    await send('/sim/pay');
    await send('/sim/pay/deep/x');
    await send('/sim/pay/deep');
    const seen = got.map(({ method, url, body }) => [method, url, body]);
    expect(seen).toEqual([
      ['PUT', '/knobs?a=1', '{"mode":"hang"}'],
      ['GET', '/teapot', ''],
      ['GET', '/', ''],
      ['GET', '/own/x', ''],
      ['GET', '/own', ''],
    ]);
  });

  it('is told nothing of who the caller is, and decides nothing about the router’s origin', async () => {
    const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-forwarded-for': '1.2.3.4', accept: 'text/x' };
    const answer = await send('/sim/pay/x', { headers });
    expect(Object.keys(got[0]?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(authorization|cookie|x-forwarded-for)$/)]),
    );
    expect(got[0]?.headers.accept).toBe('text/x');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
  });

  it('is not changed from pages of other sites, nor in ways that nobody foresaw', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect(await code(await send('/sim/pay/knobs', { method: 'PUT', headers }))).toEqual([403, 'FORBIDDEN']);
    }
    expect((await send('/sim/pay/knobs', { method: 'DELETE' })).status).toBe(405);
    expect(got).toEqual([]);
    const { host } = new URL(router.url);
    const own = await send('/sim/pay/knobs', { method: 'PUT', headers: { origin: `http://${host}` } });
    expect(own.status).toBe(200);
  });

  it('is neither read nor changed under a name that somebody else made lead here', async () => {
    for (const method of ['GET', 'PUT']) {
      const { hostname, port } = new URL(router.url);
      const headers = { host: `rebound.example:${port}`, 'sec-fetch-site': 'same-origin' };
      const refused = await new Promise<IncomingMessage>((resolve, reject) => {
        request({ hostname, port, path: '/sim/pay/knobs', method, headers }, resolve).on('error', reject).end();
      });
      expect([refused.statusCode, await text(refused)]).toEqual([421, expect.stringContaining('rebound.example')]);
    }
    expect(got).toEqual([]);
  });

  it('has clear words for a service that is not there, breaks off or hangs, and for too large a body', async () => {
    expect(await code(await send('/sim/gone/x'))).toEqual([502, 'FORWARD_FAILED']);
    expect(await code(await send('/sim/pay/break'))).toEqual([502, 'FORWARD_FAILED']);
    expect(await code(await send('/sim/pay/hang'))).toEqual([504, 'FORWARD_FAILED']);
    const large = await send('/sim/pay/x', { method: 'POST', body: 'x'.repeat(1_048_577) });
    expect(await code(large)).toEqual([413, 'REQUEST_TOO_LARGE']);
  });

  it('is what the settings name, and never the router’s own paths', async () => {
    expect((await send('/sim/payment')).status).toBe(404);
    expect((await send('/sim')).status).toBe(404);
    const parse = (forward: unknown) => settingsSchema.safeParse({ pages: { forward } }).success;
    expect(parse({ '/graphql': 'http://127.0.0.1' })).toBe(false);
    expect(parse({ '/': 'http://127.0.0.1' })).toBe(false);
    expect(parse({ '/a b': 'http://127.0.0.1' })).toBe(false);
    expect(parse({ '/a': 'file:///etc' })).toBe(false);
    const wanted = { '/a': 'http://one', '/b': 'http://two/x?y=1' };
    expect(forwardFromText('/a=http://one, /b=http://two/x?y=1')).toEqual(wanted);
    expect(forwardFromText(JSON.stringify(wanted))).toEqual(wanted);
    expect(parse(forwardFromText('nonsense'))).toBe(false);
  });
});
