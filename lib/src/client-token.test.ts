import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { createTokenCheck, TokenError } from './client-token.ts';

const issuer = 'somebody';
const audience = 'something';

async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
}

function sign(
  key: { kid: string; privateKey: CryptoKey },
  claims: Record<string, unknown> = {},
  options: { expires?: string; audience?: string } = {},
): Promise<string> {
  return new SignJWT({ role: 'any', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setSubject('alice')
    .setIssuer(issuer)
    .setAudience(options.audience ?? audience)
    .setExpirationTime(options.expires ?? '1h')
    .sign(key.privateKey);
}

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof TokenError ? error.kind : `no TokenError: ${String(error)}`;
}

describe('the check of a client’s token', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jwks-'));
    file = join(folder, 'jwks.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Replaces the file in one step, as a deployment does. */
  async function store(...keys: { jwk: unknown }[]): Promise<void> {
    await writeFile(`${file}.new`, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
    await rename(`${file}.new`, file);
  }

  it('gives the claims of a good token, the same object while it is remembered', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = createTokenCheck({ jwks: file, issuer, audience });
    const token = await sign(key, { groups: ['a'] });
    const checked = await check(token);
    expect(checked.claims).toMatchObject({ sub: 'alice', role: 'any', groups: ['a'] });
    expect(await check(token)).toBe(checked);
  });

  it('says why it refuses one', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = createTokenCheck({ jwks: file, issuer, audience });
    const good = await sign(key);
    expect(await kindOf(check(await sign(key, {}, { expires: '-1h' })))).toBe('expired');
    expect(await kindOf(check('nonsense'))).toBe('malformed');
    expect(await kindOf(check(`${good.slice(0, -8)}AAAAAAAA`))).toBe('signature');
    expect(await kindOf(check(await sign(await keyPair('a'))))).toBe('signature');
    expect(await kindOf(check(await sign(await keyPair('unknown'))))).toBe('signature');
    expect(await kindOf(check(await sign(key, {}, { audience: 'elsewhere' })))).toBe('claims');
  });

  it('refuses a token without signature, and one signed with the public key as a secret', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = createTokenCheck({ jwks: file, issuer, audience });
    const [, payload] = (await sign(key)).split('.');
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await kindOf(check(`${header}.${payload}.`))).toBe('signature');
    const secret = new TextEncoder().encode(JSON.stringify(key.jwk));
    const forged = await new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid: 'a' }).sign(secret);
    expect(await kindOf(check(forged))).toBe('signature');
  });

  it('refuses a remembered token once it has expired', async () => {
    const key = await keyPair('a');
    await store(key);
    let now = Date.now();
    const check = createTokenCheck({ jwks: file, issuer, audience, now: () => now });
    const token = await sign(key);
    await check(token);
    now += 3_601_000;
    expect(await kindOf(check(token))).toBe('expired');
    expect(await kindOf(check(token))).toBe('expired');
  });

  it('reads a key file again when it changes, and forgets what an old key signed', async () => {
    const [old, fresh] = await Promise.all([keyPair('old'), keyPair('fresh')]);
    await store(old);
    let now = Date.now();
    const check = createTokenCheck({ jwks: file, issuer, audience, now: () => now });
    const [oldToken, freshToken] = await Promise.all([sign(old), sign(fresh)]);
    await check(oldToken);
    await store(fresh);
    now += 1001;
    expect((await check(freshToken)).claims).toMatchObject({ sub: 'alice' });
    expect(await kindOf(check(oldToken))).toBe('signature');
  });

  it('says that the keys are not to be had when the file is missing', async () => {
    const check = createTokenCheck({ jwks: file, issuer, audience });
    expect(await kindOf(check(await sign(await keyPair('a'))))).toBe('unavailable');
  });

  it('fetches the keys from an address', async () => {
    const key = await keyPair('a');
    const server: Server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [key.jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    try {
      const checked = await createTokenCheck({ jwks, issuer, audience })(await sign(key));
      expect(checked.claims).toMatchObject({ sub: 'alice' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(await kindOf(createTokenCheck({ jwks, issuer, audience })(await sign(key)))).toBe('unavailable');
  });
});
