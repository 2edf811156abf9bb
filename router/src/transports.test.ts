import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyIdentity } from '@cafe-for-me/lib/router-identity';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { collect, startRouter, type AnyData, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

const routerKey = 'a-key-of-at-least-thirty-two-characters';
const keys = await generateKeyPair('ES256', { extractable: true });

async function token(expiresInMs = 60_000, issuer = 'issuer'): Promise<string> {
  return new SignJWT({ role: 'reader' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setSubject('alice')
    .setIssuer(issuer)
    .setAudience('audience')
    .setExpirationTime(new Date(Date.now() + expiresInMs))
    .sign(keys.privateKey);
}

let directory: string;
let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'router-'));
  const jwks = join(directory, 'jwks.json');
  await writeFile(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256' }] }));
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, {
    identityOptions: { routerKey, tokens: { jwks, issuer: 'issuer', audience: 'audience' } },
    maxBodyBytes: 10_000,
  });
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
  await rm(directory, { recursive: true });
});

describe('identity', () => {
  it('tells subgraphs the claims of a checked token, in a form that they can verify', async () => {
    const { body } = await router.post('{ seen { identity } }', {
      headers: { authorization: `Bearer ${await token()}` },
    });
    expect((await verifyIdentity(routerKey, body.data.seen.identity)).claims).toMatchObject({
      sub: 'alice',
      role: 'reader',
    });
  });

  it('tells subgraphs that nobody is signed in, signed as well', async () => {
    const { body } = await router.post('{ seen { identity } }');
    expect(await verifyIdentity(routerKey, body.data.seen.identity)).toEqual({ claims: null });
  });

  it('tells the same over a socket, for each operation of it', async () => {
    const client = router.socket({ connectionParams: { authorization: `Bearer ${await token()}` } });
    const [result] = await collect(client.iterate<AnyData>({ query: '{ seen { identity } }' }));
    expect((await verifyIdentity(routerKey, result!.data.seen.identity)).claims).toMatchObject({ sub: 'alice' });
    const events = client.iterate({ query: 'subscription { userChanged(id: "1") { version } }' });
    await events.next();
    const extensions = subgraphs.people.subscribes.at(-1)?.extensions;
    expect((await verifyIdentity(routerKey, String(extensions?.['identity']))).claims).toMatchObject({ sub: 'alice' });
  });

  it.each([
    ['expired', () => token(-60_000)],
    ['of another issuer', () => token(60_000, 'other')],
    ['no token', () => Promise.resolve('nonsense')],
  ])('refuses a token that is %s: 401 over HTTP, 4403 on a socket', async (_what, make) => {
    const authorization = `Bearer ${await make()}`;
    const { status, body } = await router.post('{ me { name } }', { headers: { authorization } });
    expect(status).toBe(401);
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    for (const connectionParams of [
      { authorization },
      { Authorization: authorization },
      { headers: { authorization } },
    ]) {
      await expect(
        collect(router.socket({ connectionParams }).iterate({ query: '{ me { name } }' })),
      ).rejects.toMatchObject({
        code: 4403,
      });
    }
  });

  it('closes a socket with 4403 when its token expires, and the upstream with it', async () => {
    const client = router.socket({ connectionParams: { authorization: `Bearer ${await token(1_500)}` } });
    const closed = new Promise<{ code: number }>((resolve) =>
      client.on('closed', (event) => resolve(event as { code: number })),
    );
    const events = client.iterate({ query: 'subscription { unending { version } }' });
    const failing = events.next().catch((error: unknown) => error);
    expect((await closed).code).toBe(4403);
    expect(await failing).toMatchObject({ code: 4403 });
  });
});

describe('HTTP', () => {
  it('gives each request an id, keeps a good one of the client, and passes it and the trace on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers, body } = await router.post('{ seen { requestId traceparent } }', {
      headers: { 'x-request-id': 'order-1', traceparent },
    });
    expect(headers.get('x-request-id')).toBe('order-1');
    expect(body.data.seen).toEqual({ requestId: 'order-1', traceparent });
    const replaced = await router.post('{ seen { requestId } }', { headers: { 'x-request-id': 'a b\tc' } });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(replaced.body.data.seen.requestId).toBe(replaced.headers.get('x-request-id'));
  });

  it('answers 413 to a body that is too large, whether it says so or not', async () => {
    const { status, body } = await router.post(`{ me { name } } #${'x'.repeat(20_000)}`);
    expect(status).toBe(413);
    expect(body.errors).toMatchObject([{ extensions: { code: 'REQUEST_TOO_LARGE' } }]);
    const chunked = httpRequest(router.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    chunked.on('error', () => undefined);
    chunked.write('x'.repeat(20_000));
    const [response] = await once(chunked, 'response');
    expect(response.statusCode).toBe(413);
    chunked.destroy();
  });

  it('answers 400 to a body that is no JSON', async () => {
    const response = await fetch(router.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('blocks what another site could send in a browser: plain content types, and no CORS headers', async () => {
    const response = await fetch(router.url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('CSRF');
    const preflight = await fetch(router.url, { method: 'OPTIONS', headers: { origin: 'http://elsewhere.test' } });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    expect(preflight.ok).toBe(false);
  });

  it('answers 404 elsewhere', async () => {
    expect((await fetch(router.url.replace('/graphql', '/other'))).status).toBe(404);
  });

  it('is alive and ready', async () => {
    for (const path of ['/health', '/health/live', '/health/ready']) {
      expect((await fetch(router.url.replace('/graphql', path))).status).toBe(200);
    }
  });
});

describe('draining', () => {
  it('finishes what is in flight, and is no longer ready', async () => {
    const draining = await startRouter(subgraphs.sdl, { subgraphTimeoutMs: 500 });
    const health = draining.url.replace('/graphql', '/health/ready');
    const kept = httpRequest(draining.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    // The head of the request is sent, its body is still on its way.
    kept.write('{"query": "{ me ');
    kept.flushHeaders();
    expect((await fetch(health)).status).toBe(200);
    const drained = draining.router.drain();
    const answered = once(kept, 'response');
    kept.end('{ name } }"}');
    const [response] = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({ data: { me: { name: 'Alice' } } });
    await drained;
    await expect(fetch(health)).rejects.toThrow();
  });

  it('does not wait for connections that never asked anything', async () => {
    const draining = await startRouter(subgraphs.sdl);
    const silent = connect(Number(new URL(draining.url).port), '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    await once(silent, 'connect');
    const closed = once(silent, 'close');
    // An answer shows that the connection before it was taken.
    await draining.post('{ me { name } }');
    await draining.stop();
    await closed;
  });

  it('cuts off after its bound whoever does not send the rest of a request', async () => {
    const draining = await startRouter(subgraphs.sdl, { drainTimes: { lingerMs: 20, boundMs: 60 } });
    const port = Number(new URL(draining.url).port);
    const half = connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    half.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
    const closed = once(half, 'close');
    await draining.post('{ me { name } }');
    await draining.stop();
    await closed;
  });
});
