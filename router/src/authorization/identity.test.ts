import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { verifyIdentity } from '@cafe-for-me/lib/router-identity';
import type { z } from 'zod';
import { BadToken, createIdentity } from './identity.ts';
import type { jwtSettings } from './jwt-settings.ts';
import { startProtected, type Protected } from '../testing/protected.ts';
import { collect, startRouter, type AnyData, type TestRouter } from '../testing/router.ts';
import { createTokens } from '../testing/tokens.ts';

type JwtSettings = z.input<typeof jwtSettings>;
type Tokens = Awaited<ReturnType<typeof createTokens>>;

let tokens: Tokens;
let partners: Tokens;

beforeAll(async () => {
  [tokens, partners] = await Promise.all([createTokens(), createTokens('partner', 'for-partners')]);
});
afterAll(() => Promise.all([tokens.remove(), partners.remove()]));

describe('the caller of a token', () => {
  it('is the same one, and known at once, as long as the token is remembered', async () => {
    const identity = createIdentity({ routerKey: undefined, tokens: tokens.settings });
    const authorization = `Bearer ${await tokens.sign({ scope: 'a' })}`;
    const caller = await identity.identify(authorization);
    expect(caller.claims).toMatchObject({ sub: 'alice', scope: 'a' });
    expect(identity.identify(authorization)).toBe(caller);
    expect(identity.identify(undefined)).toBe(identity.anonymous);
    expect(identity.anonymous.claims).toBeNull();
  });

  it('is refused again when the token has expired meanwhile', async () => {
    let now = Date.now();
    const identity = createIdentity({ routerKey: undefined, tokens: tokens.settings, now: () => now });
    const authorization = `Bearer ${await tokens.sign()}`;
    const { expiresAt } = await identity.identify(authorization);
    now = expiresAt!;
    await expect((async () => identity.identify(authorization))()).rejects.toThrow('The token has expired.');
  });

  it('is told to subgraphs in one text by all who ask in one moment', async () => {
    const routerKey = 'a-key-of-at-least-thirty-two-characters';
    const identity = createIdentity({ routerKey, tokens: tokens.settings });
    const caller = await identity.identify(`Bearer ${await tokens.sign()}`);
    const one = caller.signed();
    expect(caller.signed()).toBe(one);
    expect((await verifyIdentity(routerKey, one!)).claims).toMatchObject({ sub: 'alice', iss: 'issuer' });
  });

  it.each([
    ['no prefix', (token: string) => token],
    ['another prefix', (token: string) => `Basic ${token}`],
    ['no space', (token: string) => `Bearer${token}`],
    ['something behind it', (token: string) => `Bearer ${token} x`],
    ['a line break', (token: string) => `Bearer ${token}\n`],
    ['nothing', () => 'Bearer '],
    ['several headers', (token: string) => [`Bearer ${token}`, `Bearer ${token}`]],
  ])('is refused when the header has %s', async (_what, make) => {
    const identity = createIdentity({ routerKey: undefined, tokens: tokens.settings });
    const value = make(await tokens.sign());
    await expect((async () => identity.identify(value))()).rejects.toThrow(BadToken);
  });

  it('takes the prefix in any case, as HTTP does', async () => {
    const identity = createIdentity({ routerKey: undefined, tokens: tokens.settings });
    expect((await identity.identify(`bEARER   ${await tokens.sign()}`)).claims).toMatchObject({ sub: 'alice' });
  });
});

interface Sent {
  headers?: Record<string, string>;
}

/** @returns whether the caller counted as signed in; undefined when it was refused as one whose token doesn't hold */
type Ask = (router: TestRouter, sent: Sent) => Promise<boolean | undefined>;

const query = '{ me { name } }';

const overHttp: Ask = async (router, { headers }) => {
  const { status, body } = await router.post(query, { ...(headers && { headers }) });
  if (status === 401) return undefined;
  expect(status).toBe(200);
  return body.data.me.name === 'Alice';
};

const overSocket: Ask = async (router, { headers }) => {
  try {
    const client = router.socket({ ...(headers && { connectionParams: headers }) });
    const [result] = await collect(client.iterate<AnyData>({ query }));
    return result!.data.me.name === 'Alice';
  } catch (error) {
    expect(error).toMatchObject({ code: 4403 });
    return undefined;
  }
};

describe.each([
  ['HTTP', overHttp],
  ['a socket', overSocket],
])('a token over %s', (_transport, ask) => {
  let subgraphs: Protected;
  const routers: TestRouter[] = [];
  const servers: Server[] = [];

  beforeAll(async () => {
    subgraphs = await startProtected();
  });
  afterEach(async () => {
    await Promise.all(routers.splice(0).map((router) => router.stop()));
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });
  afterAll(() => subgraphs.stop());

  async function start(settings: Partial<JwtSettings> = {}): Promise<TestRouter> {
    const router = await startRouter(subgraphs.sdl, {
      identityOptions: { tokens: { ...tokens.settings, ...settings } },
    });
    routers.push(router);
    return router;
  }

  /** Serves what `answer` gives at the moment. */
  async function serveKeys(answer: () => string): Promise<string> {
    const server = createServer((_request, response) => response.end(answer()));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }

  const bearer = async (...args: Parameters<Tokens['sign']>): Promise<Sent> => ({
    headers: { authorization: `Bearer ${await tokens.sign(...args)}` },
  });

  it('may be missing, unless a setting requires one', async () => {
    expect(await ask(await start(), {})).toBe(false);
    const router = await start({ required: true });
    expect(await ask(router, {})).toBeUndefined();
    expect(await ask(router, await bearer())).toBe(true);
  });

  it('comes in the header that is set, after the prefix that is set', async () => {
    const router = await start({ header: 'X-Token', prefix: '' });
    expect(await ask(router, { headers: { 'X-Token': await tokens.sign() } })).toBe(true);
    expect(await ask(router, { headers: { 'x-token': 'nonsense' } })).toBeUndefined();
    expect(await ask(router, await bearer())).toBe(false);
    const other = await start({ prefix: 'Token' });
    expect(await ask(other, { headers: { authorization: `token ${await tokens.sign()}` } })).toBe(true);
    expect(await ask(other, await bearer())).toBeUndefined();
  });

  it('may be of several issuers', async () => {
    const theirs = { headers: { authorization: `Bearer ${await partners.sign()}` } };
    expect(await ask(await start(), theirs)).toBeUndefined();
    const router = await start({ others: [partners.settings] });
    expect(await ask(router, theirs)).toBe(true);
    expect(await ask(router, await bearer())).toBe(true);
  });

  it('is taken a little too late, if clocks may differ', async () => {
    const late = await bearer({}, -5_000);
    expect(await ask(await start(), late)).toBeUndefined();
    expect(await ask(await start({ clockSkewMs: 120_000 }), late)).toBe(true);
  });

  it('must be signed with an algorithm that is allowed, and be neither too long nor of an endless subject', async () => {
    expect(await ask(await start({ algorithms: ['RS256', 'PS256'] }), await bearer())).toBeUndefined();
    const router = await start({ maxTokenBytes: 1_000, maxSubjectLength: 10 });
    expect(await ask(router, await bearer({ sub: 'x'.repeat(10) }))).toBe(true);
    expect(await ask(router, await bearer({ sub: 'x'.repeat(11) }))).toBeUndefined();
    expect(await ask(router, await bearer({ text: 'x'.repeat(1_000) }))).toBeUndefined();
  });

  it('may be signed with a key that is new at the keys’ address', async () => {
    const before = await readFile(partners.settings.jwks, 'utf8');
    const now = await readFile(tokens.settings.jwks, 'utf8');
    let answer = before;
    const jwks = await serveKeys(() => answer);
    // Both keys have the id "k"; another one makes the token's key unknown.
    answer = before.replace('"kid":"k"', '"kid":"old"');
    const router = await start({ jwks, keys: { cooldownMs: 0 } });
    expect(await ask(router, await bearer())).toBeUndefined();
    answer = now;
    expect(await ask(router, await bearer())).toBe(true);
  });
});

describe('keys that can’t be had', () => {
  it('are the router’s fault: 503, or 1013 on a socket, and callers without a token are served', async () => {
    const subgraphs = await startProtected();
    const jwks = '/there/is/no/such/file';
    const router = await startRouter(subgraphs.sdl, { identityOptions: { tokens: { ...tokens.settings, jwks } } });
    try {
      const headers = { authorization: `Bearer ${await tokens.sign()}` };
      const { status, body } = await router.post(query, { headers });
      expect(status).toBe(503);
      expect(body.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
      const socket = router.socket({ connectionParams: headers });
      await expect(collect(socket.iterate({ query }))).rejects.toMatchObject({ code: 1013 });
      expect((await router.post(query)).status).toBe(200);
    } finally {
      await router.stop();
      await subgraphs.stop();
    }
  });
});
