import { once } from 'node:events';
import { WebSocket } from 'ws';
import { settingsSchema } from '../config/settings.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let closed: TestRouter;
let open: TestRouter;
let toAll: TestRouter;

const start = (cors: object) => startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ cors }) });

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  closed = await start({});
  open = await start({ origins: ['https://app.test', 'https://*.shops.test'], credentials: true });
  toAll = await start({ origins: ['*'] });
});
afterAll(async () => {
  for (const router of [closed, open, toAll]) await router.stop();
  await subgraphs.stop();
});

/** What a browser asks before it sends JSON to another site. */
async function preflight(router: TestRouter, origin: string) {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type, x-shop',
  };
  const response = await fetch(router.url, { method: 'OPTIONS', headers });
  await response.arrayBuffer();
  return response;
}

/** Whether a page of `origin` gets a socket: open, or the status that it gets instead. */
async function opens(router: TestRouter, origin: string | undefined): Promise<unknown> {
  const headers = origin === undefined ? {} : { origin };
  const socket = new WebSocket(router.url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  const opened = once(socket, 'open').then(() => 'open');
  opened.catch(() => undefined);
  const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return [response.statusCode, JSON.parse(Buffer.concat(chunks).toString())];
  });
  refused.catch(() => undefined);
  const outcome = await Promise.race([opened, refused]);
  socket.on('error', () => undefined);
  socket.terminate();
  return outcome;
}

const refusal = [403, { errors: [expect.objectContaining({ extensions: { code: 'FORBIDDEN' } })] }];

describe('CORS over HTTP', () => {
  it.each(['https://app.test', 'https://seoul.shops.test'])('lets pages of a named site in: %s', async (origin) => {
    const asked = await preflight(open, origin);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-headers')).toBe('content-type, x-shop');
    expect(asked.headers.get('access-control-allow-credentials')).toBe('true');
    expect(asked.headers.get('access-control-max-age')).toBe('3600');
    const { status, headers, body } = await open.post('{ me { name } }', { headers: { origin } });
    expect([status, body]).toEqual([200, { data: { me: { name: 'Alice' } } }]);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')).toBe('x-request-id,retry-after');
  });

  it('tells pages of named sites why a request is refused, too', async () => {
    const { status, headers } = await open.post('{', { headers: { origin: 'https://app.test' } });
    expect(status).toBe(400);
    expect(headers.get('access-control-allow-origin')).toBe('https://app.test');
  });

  it.each(['https://other.test', 'https://app.test.other.test', 'https://shops.test', 'http://app.test', 'null'])(
    'keeps pages of other sites out: %s',
    async (origin) => {
      expect((await preflight(open, origin)).headers.get('access-control-allow-origin')).toBeNull();
      expect((await open.post('{ me { id } }', { headers: { origin } })).headers.get('vary')).toBe('Origin');
    },
  );

  it('lets everybody in where that is the setting', async () => {
    expect((await preflight(toAll, 'https://any.test')).headers.get('access-control-allow-origin')).toBe('*');
  });

  it('says nothing to browsers by default', async () => {
    const asked = await preflight(closed, 'https://app.test');
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([400, null]);
  });

  it('does not allow cookies of every site', () => {
    expect(() => settingsSchema.parse({ cors: { origins: ['*'], credentials: true } })).toThrow('name the sites');
    expect(() => settingsSchema.parse({ cors: { origins: ['app.test'] } })).toThrow('not an origin');
  });
});

describe('CORS over WebSocket', () => {
  it('opens sockets for pages of named sites, and for what is no browser', async () => {
    for (const origin of ['https://app.test', 'https://seoul.shops.test', undefined]) {
      expect(await opens(open, origin)).toBe('open');
    }
  });

  it('opens sockets for pages of the same host, whatever the setting', async () => {
    for (const router of [open, closed]) {
      expect(await opens(router, new URL(router.url).origin)).toBe('open');
    }
  });

  it.each(['https://other.test', 'https://app.test.other.test', 'null', 'no address'])(
    'refuses pages of other sites: %s',
    async (origin) => {
      expect(await opens(open, origin)).toEqual(refusal);
      expect(await opens(closed, origin)).toEqual(refusal);
    },
  );

  it('opens sockets for everybody where that is the setting', async () => {
    expect(await opens(toAll, 'https://any.test')).toBe('open');
  });
});
