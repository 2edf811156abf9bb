import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { AUDIENCE, ISSUER, keysIn, signToken } from './keys.ts';
import { tokenRequest, WrongUse } from './token.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'token-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('a token', () => {
  it('is signed by a key pair that is made when there is none, and that only we can read', async () => {
    const token = await signToken(dir, { sub: 'alice', role: 'customer', phone: '010-1234-5678' });
    await signToken(dir, { sub: 'bob', role: 'customer' });
    const { privateKey, jwks } = keysIn(dir);
    expect((await stat(privateKey)).mode & 0o077).toBe(0);

    const keys = JSON.parse(await readFile(jwks, 'utf8')) as JSONWebKeySet;
    expect(keys.keys[0]).not.toHaveProperty('d');
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: ISSUER,
      audience: AUDIENCE,
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: 'alice', role: 'customer', phone: '010-1234-5678' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(24 * 3600);
  });
});

describe('npm run token', () => {
  it('reads who the token is for', () => {
    expect(tokenRequest(['customer', '--subject', 'alice'])).toEqual({
      claims: { sub: 'alice', role: 'customer', phone: expect.stringMatching(/^010-\d{4}-\d{4}$/) as string },
      hours: 24,
    });
    expect(tokenRequest(['staff', '--cafe', '92', '--cafe', '93']).claims).toEqual({
      sub: 'barista-92',
      role: 'staff',
      cafes: ['92', '93'],
    });
    expect(tokenRequest(['accountant', '--cafe', '92,93', '--name', 'Kim', '--hours', '1'])).toEqual({
      claims: { sub: 'accountant-92', role: 'accountant', cafes: ['92', '93'], name: 'Kim' },
      hours: 1,
    });
  });

  it.each([
    [[], 'A token for whom?'],
    [['king'], 'There is no role "king".'],
    [['staff'], 'Of which café?'],
    [['customer', '--cafe', '92'], 'A customer belongs to no café'],
    [['customer', '--hours', 'many'], '--hours must be a number above 0'],
    [['customer', 'alice'], '"alice" is one word too many.'],
    [['customer', '--shoes', 'red'], "Unknown option '--shoes'"],
  ])('refuses %j with a sentence', (args, sentence) => {
    expect(() => tokenRequest(args)).toThrow(WrongUse);
    expect(() => tokenRequest(args)).toThrow(sentence);
  });
});
