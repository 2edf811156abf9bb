import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { createIdentityCheck, IdentityError, signIdentity, verifyIdentity } from './router-identity.ts';

const key = 'k'.repeat(32);

describe('the identity that the router signs', () => {
  it('carries the claims of the client', async () => {
    const token = await signIdentity(key, { sub: 'alice', role: 'any' });
    expect(await verifyIdentity(key, token)).toEqual({ claims: { sub: 'alice', role: 'any' } });
  });

  it('may be of nobody', async () => {
    expect(await verifyIdentity(key, await signIdentity(key, null))).toEqual({ claims: null });
  });

  it('is refused when another key signed it, when it is old, and when it is no token', async () => {
    await expect(verifyIdentity(key, await signIdentity('x'.repeat(32), null))).rejects.toThrow(IdentityError);
    await expect(verifyIdentity(key, await signIdentity(key, null, -60))).rejects.toThrow(IdentityError);
    await expect(verifyIdentity(key, 'nonsense')).rejects.toThrow(IdentityError);
  });

  it('is refused when it is a token for something else under the same key', async () => {
    const other = await new SignJWT({ claims: null })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('router')
      .setAudience('elsewhere')
      .setExpirationTime('1m')
      .sign(createSecretKey(key, 'utf8'));
    await expect(verifyIdentity(key, other)).rejects.toThrow(IdentityError);
  });

  it('is verified once and then known at once by its text', async () => {
    const check = createIdentityCheck(key);
    const token = await signIdentity(key, { sub: 'alice' });
    const first = check(token);
    expect(first).toBeInstanceOf(Promise);
    expect(check(token)).toBeInstanceOf(Promise);
    const identity = await first;
    expect(check(token)).toBe(identity);
  });
});
