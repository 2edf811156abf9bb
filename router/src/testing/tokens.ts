import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer of tokens: signs them, and offers its key set as a file. */
export async function createTokens(issuer = 'issuer', audience = 'audience') {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const directory = await mkdtemp(join(tmpdir(), 'router-keys-'));
  const jwks = join(directory, 'jwks.json');
  await writeFile(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] }));
  return {
    /** For a router that takes its tokens. */
    settings: { jwks, issuer, audience },
    sign(claims: Readonly<Record<string, unknown>> = {}, expiresInMs = 60_000): Promise<string> {
      return new SignJWT({ sub: 'alice', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(new Date(Date.now() + expiresInMs))
        .sign(privateKey);
    },
    remove: () => rm(directory, { recursive: true }),
  };
}
