import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { createKeySet } from './key-set.ts';

async function publicKey(kid: string) {
  const { publicKey: key } = await generateKeyPair('ES256');
  return { ...(await exportJWK(key)), kid, alg: 'ES256' };
}

describe('keys from an address', () => {
  const server = createServer((_request, response) => {
    requests += 1;
    server.emit('asked');
    answer(response);
  });
  let requests = 0;
  let answer: (response: ServerResponse) => void;
  let url: string;
  let now: number;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    requests = 0;
    now = 1_000_000;
  });

  function serve(...keys: unknown[]): void {
    answer = (response) => response.end(JSON.stringify({ keys }));
  }

  function fail(response: ServerResponse): void {
    response.statusCode = 500;
    response.end();
  }

  const times = { maxAgeMs: 600_000, cooldownMs: 30_000, keepMs: 3_600_000, timeoutMs: 5_000 };
  const keySet = () => createKeySet(url, times, () => now);
  const has = (keys: ReturnType<typeof keySet>, kid: string) =>
    Promise.resolve(keys.find({ alg: 'ES256', kid }, { payload: '', signature: '' })).then(
      () => true,
      () => false,
    );

  it('are fetched once for all who need them', async () => {
    serve(await publicKey('a'));
    const keys = keySet();
    await Promise.all([keys.freshen(), keys.freshen(), keys.freshen()]);
    expect(keys.freshen()).toBeUndefined();
    expect(await has(keys, 'a')).toBe(true);
    expect(requests).toBe(1);
  });

  it('are fetched again for a key that is new, but not again and again for one that is made up', async () => {
    serve(await publicKey('a'));
    const keys = keySet();
    await keys.freshen();
    serve(await publicKey('b'));
    expect(await keys.lookAgain()).toBe(false);
    expect(requests).toBe(1);
    now += 30_000;
    expect(await keys.lookAgain()).toBe(true);
    expect(await has(keys, 'b')).toBe(true);
    expect(await has(keys, 'a')).toBe(false);
    for (let tries = 0; tries < 100; tries += 1) expect(await keys.lookAgain()).toBe(false);
    expect(requests).toBe(2);
  });

  it('hold while they are fetched again, unless they are very old', async () => {
    serve(await publicKey('a'));
    const keys = keySet();
    await keys.freshen();
    const { version } = keys;
    serve(await publicKey('b'));
    now += 600_000;
    const asked = once(server, 'asked');
    expect(keys.freshen()).toBeUndefined();
    await asked;
    await keys.lookAgain();
    expect(keys.version).toBe(version + 1);
    now += 1_200_000;
    expect(keys.freshen()).toBeInstanceOf(Promise);
  });

  it('hold for a while when they can’t be fetched again', async () => {
    serve(await publicKey('a'));
    const keys = keySet();
    await keys.freshen();
    answer = fail;
    now += 1_200_000;
    await keys.freshen();
    expect(await has(keys, 'a')).toBe(true);
    now += times.keepMs;
    await expect(keys.freshen()).rejects.toThrow(/can't be read/);
  });

  it('are not asked for again at once when their address fails', async () => {
    answer = fail;
    const keys = keySet();
    for (let tries = 0; tries < 20; tries += 1) await expect(keys.freshen()).rejects.toThrow(/can't be read/);
    expect(requests).toBe(1);
    serve(await publicKey('a'));
    now += 1_000;
    await keys.freshen();
    expect(await has(keys, 'a')).toBe(true);
  });

  it.each([
    ['no JSON', (response: ServerResponse) => response.end('<html>')],
    ['no key set', (response: ServerResponse) => response.end('{"keys":1}')],
    ['far too much', (response: ServerResponse) => response.end(' '.repeat(2 * 1024 * 1024))],
    ['an address elsewhere', (response: ServerResponse) => response.writeHead(302, { location: '/other' }).end()],
    ['a closed connection', (response: ServerResponse) => response.destroy()],
  ])('are not had from an answer that is %s', async (_what, respond) => {
    answer = respond;
    await expect(keySet().freshen()).rejects.toThrow(/can't be read/);
    expect(requests).toBe(1);
  });
});
