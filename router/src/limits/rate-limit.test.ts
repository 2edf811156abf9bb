import type { IncomingMessage } from 'node:http';
import { clientAddress, networkOf } from '../transport/client-address.ts';
import { BadToken, createIdentity, type Caller } from '../authorization/identity.ts';
import { settingsSchema } from '../config/settings.ts';
import { bothTransports } from '../testing/both-transports.ts';
import { collect, startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
});
afterAll(() => subgraphs.stop());

const start = (rateLimit: object, parts: Parameters<typeof startRouter>[1] = {}) =>
  startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ rateLimit }), ...parts });

/** An address of its own for each test, as proxies tell it. */
let addresses = 0;
const someone = () => ({ 'x-forwarded-for': `10.0.0.${(addresses += 1)}` });

describe.each(bothTransports)('the rate limit over %s', (_name, send) => {
  beforeAll(async () => {
    router = await start({ operations: 3, windowMs: 600_000, trustedProxies: 1 });
  });
  afterAll(() => router.stop());

  it('lets so many operations of a caller through and refuses the rest, known ones too', async () => {
    const headers = someone();
    for (const query of ['{ me { name } }', '{ me { name } }', 'mutation { append(text: "x") }']) {
      expect((await send(router, { query }, headers)).errors).toBeUndefined();
    }
    for (const query of ['{ me { name } }', '{ badges }', '{ no GraphQL', 'subscription { unending { version } }']) {
      expect(await send(router, { query }, headers)).toEqual({
        errors: [
          {
            message: expect.stringMatching(/^You have sent too many operations; send the next one in \d+ s\.$/),
            extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
          },
        ],
      });
    }
    expect((await send(router, { query: '{ me { name } }' }, someone())).errors).toBeUndefined();
  });
});

describe('the rate limit', () => {
  afterEach(() => router.stop());

  it('is one for both transports', async () => {
    router = await start({ operations: 2 });
    for (const [, send] of bothTransports) expect((await send(router, { query: '{ badges }' })).errors).toBeUndefined();
    for (const [, send] of bothTransports) {
      expect((await send(router, { query: '{ badges }' })).errors?.[0]?.extensions['code']).toBe('RATE_LIMITED');
    }
  });

  it('is told over HTTP with status 429 and the time to wait', async () => {
    router = await start({ operations: 1, windowMs: 600_000 });
    await router.post('{ badges }');
    const { status, headers, body } = await router.post('{ badges }');
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBe(body.errors?.[0]?.extensions['retryAfterSeconds']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(500);
  });

  it('counts by the subject of the token, whatever the address', async () => {
    const nobody = createIdentity({ routerKey: undefined, tokens: undefined });
    const { anonymous } = nobody;
    const callerOf = (sub: string): Caller => ({ ...anonymous, claims: { iss: 'issuer', sub } });
    const identity = { ...nobody, identify: (name: string | undefined) => callerOf(String(name)) };
    router = await start({ operations: 1, trustedProxies: 1 }, { identity });
    const post = async (authorization: string) =>
      (await router.post('{ badges }', { headers: { authorization, ...someone() } })).status;
    expect([await post('alice'), await post('alice'), await post('bob')]).toEqual([200, 429, 200]);
  });

  it('counts tokens that do not hold by where they come from', async () => {
    const nobody = createIdentity({ routerKey: undefined, tokens: undefined });
    const identify = (given: string | undefined) => {
      if (given === 'bad') throw new BadToken('It does not hold.');
      return nobody.anonymous;
    };
    router = await start({ operations: 2 }, { identity: { ...nobody, identify } });
    const post = async (headers: Record<string, string>) => (await router.post('{ badges }', { headers })).status;
    expect(await post({ authorization: 'bad' })).toBe(401);
    await expect(
      collect(router.socket({ connectionParams: { authorization: 'bad' } }).iterate({ query: '{ badges }' })),
    ).rejects.toMatchObject({ code: 4403 });
    expect([await post({ authorization: 'bad' }), await post({})]).toEqual([429, 429]);
  });

  it('is none by default', async () => {
    router = await startRouter(subgraphs.sdl);
    for (const _time of Array.from({ length: 50 })) expect((await router.post('{ badges }')).status).toBe(200);
  });
});

describe("a client's address", () => {
  const request = (header: string | undefined) =>
    ({ socket: { remoteAddress: '9.9.9.9' }, headers: { 'x-forwarded-for': header } }) as unknown as IncomingMessage;

  it.each([
    [0, '1.1.1.1', '9.9.9.9'],
    [1, '1.1.1.1', '1.1.1.1'],
    [1, '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    [2, '6.6.6.6, 1.1.1.1, 2.2.2.2', '1.1.1.1'],
    [2, '1.1.1.1', '1.1.1.1'],
    [1, 'nonsense', '9.9.9.9'],
    [1, undefined, '9.9.9.9'],
    [1, '', '9.9.9.9'],
  ])('is what %d trusted proxies saw of "%s": %s', (proxies, header, address) => {
    expect(clientAddress(request(header), proxies)).toBe(address);
  });

  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts as one with those that the same client may have: %s in %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
