import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { createTokenCheck, TokenError, type TokenCheckOptions } from './client-token.ts';

const issuer = 'somebody';
const audience = 'something';

async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
}

function sign(
  key: { kid: string; privateKey: CryptoKey },
  claims: Record<string, unknown> = {},
  options: { expires?: string; issuer?: string; audience?: string; kid?: string | undefined; sub?: unknown } = {},
): Promise<string> {
  const { expires, kid, sub } = { expires: '1h', kid: key.kid, sub: 'alice', ...options };
  return new SignJWT({ role: 'any', ...claims, ...(sub !== undefined && { sub }) } as object as JWTPayload)
    .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
    .setIssuer(options.issuer ?? issuer)
    .setAudience(options.audience ?? audience)
    .setExpirationTime(expires)
    .sign(key.privateKey);
}

/** The check, its answers always promises. */
function checkWith(jwks: string, options: Partial<TokenCheckOptions> = {}) {
  const check = createTokenCheck({ providers: [{ jwks, issuers: [issuer], audiences: [audience] }], ...options });
  return async (token: string) => check(token);
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
    const check = checkWith(file);
    const token = await sign(key, { groups: ['a'] });
    const checked = await check(token);
    expect(checked.claims).toMatchObject({ sub: 'alice', role: 'any', groups: ['a'] });
    expect(await check(token)).toBe(checked);
  });

  it('says why it refuses one', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = checkWith(file);
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
    const check = checkWith(file);
    const [, payload] = (await sign(key)).split('.');
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await kindOf(check(`${header}.${payload}.`))).toBe('signature');
    const secret = new TextEncoder().encode(JSON.stringify(key.jwk));
    const forged = await new SignJWT({ sub: 'alice', iss: issuer, aud: audience })
      .setProtectedHeader({ alg: 'HS256', kid: 'a' })
      .setExpirationTime('1h')
      .sign(secret);
    expect(await kindOf(check(forged))).toBe('signature');
  });

  it('refuses a remembered token once it has expired', async () => {
    const key = await keyPair('a');
    await store(key);
    let now = Date.now();
    const check = checkWith(file, { now: () => now });
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
    const check = checkWith(file, { now: () => now });
    const [oldToken, freshToken] = await Promise.all([sign(old), sign(fresh)]);
    await check(oldToken);
    await store(fresh);
    now += 1001;
    expect((await check(freshToken)).claims).toMatchObject({ sub: 'alice' });
    expect(await kindOf(check(oldToken))).toBe('signature');
  });

  it('says that the keys are not to be had when the file is missing', async () => {
    const check = checkWith(file);
    expect(await kindOf(check(await sign(await keyPair('a'))))).toBe('unavailable');
  });

  it('answers at once, without a promise, for a token that it knows', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = createTokenCheck({ providers: [{ jwks: file, issuers: [issuer], audiences: [audience] }] });
    const token = await sign(key);
    const first = check(token);
    expect(first).toBeInstanceOf(Promise);
    expect(check(token)).not.toBe(await first);
    expect(check(token)).toMatchObject({ claims: { sub: 'alice' } });
  });

  it('takes a token of each of several issuers, checked with that issuer’s keys and audience only', async () => {
    const [ours, theirs] = await Promise.all([keyPair('a'), keyPair('a')]);
    await store(ours);
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify({ keys: [theirs.jwk] }));
    const check = checkWith(file, {
      providers: [
        { jwks: file, issuers: [issuer, 'somebody-else'], audiences: [audience] },
        { jwks: other, issuers: ['partner'], audiences: ['elsewhere'] },
      ],
    });
    const good = [sign(ours), sign(ours, {}, { issuer: 'somebody-else' })];
    const partners = sign(theirs, {}, { issuer: 'partner', audience: 'elsewhere' });
    for (const token of await Promise.all([...good, partners])) {
      expect((await check(token)).claims).toMatchObject({ sub: 'alice' });
    }
    expect(await kindOf(check(await sign(theirs)))).toBe('signature');
    expect(await kindOf(check(await sign(ours, {}, { issuer: 'partner', audience: 'elsewhere' })))).toBe('signature');
    expect(await kindOf(check(await sign(theirs, {}, { issuer: 'partner' })))).toBe('claims');
    expect(await kindOf(check(await sign(ours, {}, { issuer: 'nobody' })))).toBe('claims');
  });

  it('tries each key when a token names none', async () => {
    const [one, two] = await Promise.all([keyPair('one'), keyPair('two')]);
    await store(one, two);
    const check = checkWith(file);
    const token = await sign(two, {}, { kid: undefined });
    expect((await check(token)).claims).toMatchObject({ sub: 'alice' });
    expect(await kindOf(check(await sign(await keyPair('three'), {}, { kid: undefined })))).toBe('signature');
  });

  it('takes only the algorithms that are allowed', async () => {
    const key = await keyPair('a');
    await store(key);
    const provider = { jwks: file, issuers: [issuer], audiences: [audience] };
    const check = checkWith(file, { providers: [{ ...provider, algorithms: ['RS256'] }] });
    expect(await kindOf(check(await sign(key)))).toBe('signature');
  });

  it('takes a token for the time that clocks may differ longer, and as much earlier', async () => {
    const key = await keyPair('a');
    await store(key);
    let now = Date.now();
    const check = checkWith(file, { now: () => now, clockSkewMs: 5_000 });
    const token = await sign(key, { nbf: Math.floor(now / 1000) + 4 });
    const { expiresAt } = await check(token);
    expect(expiresAt - now).toBeGreaterThan(3_603_000);
    now = expiresAt - 1;
    await check(token);
    now = expiresAt;
    expect(await kindOf(check(token))).toBe('expired');
    expect(await kindOf(checkWith(file)(await sign(key, { nbf: Math.floor(Date.now() / 1000) + 60 })))).toBe('claims');
  });

  it('takes no subject that is missing, no text, or too long, and no token that is too long', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = checkWith(file);
    for (const sub of ['', 'x'.repeat(257), 7, undefined]) {
      expect(await kindOf(check(await sign(key, {}, { sub })))).toBe('claims');
    }
    expect((await check(await sign(key, {}, { sub: 'x'.repeat(256) }))).claims['sub']).toHaveLength(256);
    expect(await kindOf(check(await sign(key, { text: 'x'.repeat(8_192) })))).toBe('malformed');
  });

  it('forgets the token that was used least when it knows as many as it may', async () => {
    const key = await keyPair('a');
    await store(key);
    const check = checkWith(file, { max: 1 });
    const [one, two] = await Promise.all([sign(key), sign(key, { other: true })]);
    const first = await check(one);
    expect(await check(one)).toBe(first);
    await check(two);
    expect(await check(one)).not.toBe(first);
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
      const checked = await checkWith(jwks)(await sign(key));
      expect(checked.claims).toMatchObject({ sub: 'alice' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(await kindOf(checkWith(jwks)(await sign(key)))).toBe('unavailable');
  });
});
