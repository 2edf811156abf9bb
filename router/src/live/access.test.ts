import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createLogger } from '@cafe-for-me/lib/log';
import { followRevocations } from '../authorization/revocations.ts';
import { startRouter, type AnyData, type TestRouter } from '../testing/router.ts';
import { alice, startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';
import { createTokens } from '../testing/tokens.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;
let tokens: Awaited<ReturnType<typeof createTokens>>;
let file: string;
let revocations: Awaited<ReturnType<typeof followRevocations>>;

beforeEach(async () => {
  subgraphs = await startSubgraphs();
  tokens = await createTokens();
  file = join(dirname(tokens.settings.jwks), 'revocations.json');
  await writeFile(file, '{}');
  const log = createLogger({ service: 'router', level: 'silent' });
  revocations = await followRevocations(file, log);
  router = await startRouter(subgraphs.sdl, { identityOptions: { tokens: tokens.settings, revocations } });
});
afterEach(async () => {
  await router.stop();
  revocations.stop();
  await subgraphs.stop();
  await tokens.remove();
});

const query = 'subscription { unending { version } }';
const issuedAt = (ms: number) => ({ iat: Math.floor(ms / 1_000) });

async function subscribe(claims: Record<string, unknown>, expiresInMs?: number) {
  const authorization = `Bearer ${await tokens.sign(claims, expiresInMs)}`;
  return router.socket({ connectionParams: { authorization } }).iterate<AnyData>({ query });
}

describe('a running subscription', () => {
  it('ends when the time of its token is over, though nothing happens', async () => {
    const events = await subscribe({}, 2_000);
    const other = await subscribe({ sub: 'bob' });
    const [first, others] = [events.next().catch((error: unknown) => error), other.next()];
    expect(await first).toMatchObject({ code: 4403 });
    await subgraphs.changes.listening(1);
    subgraphs.changes.publish({ version: 1, user: alice, friends: [] });
    expect((await others).value).toEqual({ data: { unending: { version: 1 } } });
  });

  it('ends at once when its token is revoked, and no other does', async () => {
    const now = Date.now();
    const events = await subscribe({ ...issuedAt(now - 60_000), sub: 'alice' });
    const later = await subscribe({ ...issuedAt(now + 60_000), sub: 'alice', role: 'later' });
    const bob = await subscribe({ ...issuedAt(now - 60_000), sub: 'bob' });
    const first = events.next().catch((error: unknown) => error);
    const others = [later.next(), bob.next()];
    await subgraphs.changes.listening(3);
    // As it is replaced in a deployment, at once; the router looks at it by itself.
    await writeFile(`${file}.new`, JSON.stringify({ alice: new Date(now).toISOString() }));
    await rename(`${file}.new`, file);
    expect(await first).toMatchObject({ code: 4403 });
    await subgraphs.changes.listening(2);
    subgraphs.changes.publish({ version: 1, user: alice, friends: [] });
    for (const one of others) expect((await one).value).toEqual({ data: { unending: { version: 1 } } });
  });
});

describe('a token that was revoked', () => {
  it('is refused over HTTP and over sockets', async () => {
    const old = `Bearer ${await tokens.sign(issuedAt(Date.now() - 60_000))}`;
    const without = `Bearer ${await tokens.sign()}`;
    const fresh = `Bearer ${await tokens.sign(issuedAt(Date.now() + 60_000))}`;
    await writeFile(file, JSON.stringify({ alice: new Date().toISOString() }));
    await revocations.reload();
    for (const [authorization, status] of [
      [old, 401],
      [without, 401],
      [fresh, 200],
    ] as const) {
      // prettier-ignore
      expect((await router.post('{ me { id } }', { headers: { authorization } })).status).toBe(status);
      const socket = router.socket({
        connectionParams: { authorization },
        lazy: false,
        onNonLazyError: () => undefined,
      });
      const [code] = await Promise.race([
        new Promise<[number]>((resolve) => socket.on('closed', (event) => resolve([(event as { code: number }).code]))),
        new Promise<[number]>((resolve) => socket.on('connected', () => resolve([0]))),
      ]);
      expect(code).toBe(status === 200 ? 0 : 4403);
    }
  });
});
