import { Agent, request } from 'node:http';
import { signIdentity } from './router-identity.ts';
import { routerKey, startSmallSubgraph, type SmallSubgraph } from './testing/small-subgraph.ts';

let subgraph: SmallSubgraph;
afterEach(() => {
  subgraph.release.open();
  return subgraph.drain();
});

describe('a subgraph over HTTP', () => {
  it('answers an operation with the identity, the request id and the trace that came along', async () => {
    subgraph = await startSmallSubgraph();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await subgraph.send('{ me { id requestId traceparent } }', {
      headers: { 'x-request-id': 'r-1', traceparent },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ data: { me: { id: 'alice', requestId: 'r-1', traceparent } } });
    expect(answer.headers.get('x-request-id')).toBe('r-1');
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('makes up a request id when the one that came is not short and safe', async () => {
    subgraph = await startSmallSubgraph();
    const answer = await subgraph.send('{ add(a: 1, b: 2) }', { headers: { 'x-request-id': 'a b "c' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('knows its entities and its SDL', async () => {
    subgraph = await startSmallSubgraph();
    const { body } = await subgraph.send(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Me { id } } _service { sdl } }',
      { variables: { of: [{ __typename: 'Me', id: 'bob' }] } },
    );
    expect(body.data).toEqual({ _entities: [{ id: 'bob' }], _service: { sdl: expect.stringContaining('type Me') } });
  });

  it('refuses who does not come from the router', async () => {
    subgraph = await startSmallSubgraph();
    const refusal = { errors: [{ message: expect.any(String), extensions: { code: 'NOT_FROM_ROUTER' } }] };
    const body = JSON.stringify({ query: '{ add(a: 1, b: 2) }' });
    const without = await fetch(subgraph.url, { method: 'POST', body });
    expect([without.status, await without.json()]).toEqual([401, refusal]);
    const forged = await signIdentity('another key that nobody here shares', { sub: 'alice' });
    for (const identity of [forged, 'nonsense', '']) {
      const answer = await subgraph.send('{ add(a: 1, b: 2) }', { headers: { 'x-router-identity': identity } });
      expect([answer.status, answer.body]).toEqual([401, refusal]);
    }
  });

  it('gives the errors that are made for the caller as they are', async () => {
    subgraph = await startSmallSubgraph();
    const errorOf = async (how: string) => (await subgraph.send(`{ fail(how: "${how}") }`)).body.errors?.[0];
    expect(await errorOf('unauthenticated')).toMatchObject({ path: ['fail'], extensions: { code: 'UNAUTHENTICATED' } });
    expect(await errorOf('forbidden')).toMatchObject({ message: 'Not yours.', extensions: { code: 'FORBIDDEN' } });
    expect((await errorOf('input'))?.extensions).toEqual({ code: 'BAD_USER_INPUT', argumentPath: ['how'] });
  });

  it('hides any other error behind a reference, under which it is logged with the request id', async () => {
    subgraph = await startSmallSubgraph();
    for (const how of ['fault', 'uncoded']) {
      const { body } = await subgraph.send(`{ fail(how: "${how}") }`, { headers: { 'x-request-id': `r-${how}` } });
      const [error] = body.errors ?? [];
      expect(error).toMatchObject({ path: ['fail'], extensions: { code: 'INTERNAL_SERVER_ERROR' } });
      expect(JSON.stringify(body)).not.toMatch(/hunter2|inner works/);
      expect(subgraph.lines.at(-1)).toMatchObject({
        level: 'error',
        requestId: `r-${how}`,
        reference: error?.extensions['reference'],
        error: { message: how === 'fault' ? 'password is hunter2' : 'inner works' },
      });
    }
    expect(subgraph.lines.find((line) => line['requestId'] === 'r-fault')).toMatchObject({
      error: { cause: { message: 'deep' } },
    });
  });

  it('says what is wrong with an operation and with its variables', async () => {
    subgraph = await startSmallSubgraph();
    const codeOf = async (query: string, variables?: unknown) => {
      const { status, body } = await subgraph.send(query, { variables });
      return [status, body.errors?.[0]?.extensions['code']];
    };
    expect(await codeOf('{ nothing }')).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(await codeOf('{')).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    expect(await codeOf('query ($a: Int!) { add(a: $a, b: 1) }', { a: 'x' })).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('hides why a context could not be made', async () => {
    subgraph = await startSmallSubgraph({ context: () => Promise.reject(new Error('password is hunter2')) });
    const { status, body } = await subgraph.send('{ add(a: 1, b: 2) }');
    expect([status, body.errors?.[0]?.extensions['code']]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('refuses a body that is too large, however it comes, and one that is not JSON', async () => {
    subgraph = await startSmallSubgraph({ bodyLimit: 100 });
    const headers = { 'x-router-identity': await signIdentity(routerKey, null) };
    const post = async (body: string | ReadableStream) =>
      (await fetch(subgraph.url, { method: 'POST', headers, body, duplex: 'half' })).status;
    expect(await post('x'.repeat(101))).toBe(413);
    const part = new TextEncoder().encode('x'.repeat(60));
    const inParts = new ReadableStream({
      start(controller) {
        controller.enqueue(part);
        controller.enqueue(part);
        controller.close();
      },
    });
    expect(await post(inParts)).toBe(413);
    expect(await post('{"query":')).toBe(400);
  });

  it('has nothing else: no GET, no other path', async () => {
    subgraph = await startSmallSubgraph();
    expect((await fetch(subgraph.url)).status).toBe(405);
    expect((await fetch(`${subgraph.base}/other`)).status).toBe(404);
  });
});

describe('the health of a subgraph', () => {
  it('is live, and ready as its checks say', async () => {
    let databaseThere = true;
    subgraph = await startSmallSubgraph({ readiness: { database: () => databaseThere } });
    const ready = async () => {
      const response = await fetch(`${subgraph.base}/health/ready`);
      return [response.status, await response.json()];
    };
    expect((await fetch(`${subgraph.base}/health/live`)).status).toBe(200);
    expect(await ready()).toEqual([200, { status: 'ready', checks: { database: true } }]);
    databaseThere = false;
    expect(await ready()).toEqual([503, { status: 'not ready', checks: { database: false } }]);
  });
});

describe('a subgraph that drains', () => {
  it('answers what is under way, takes no new connection, and is not ready on an old one', async () => {
    subgraph = await startSmallSubgraph({ lingerMs: 60_000 });
    // One connection that is kept open by a client of its own.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const readyStatus = () =>
      new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
        const probe = request(`${subgraph.base}/health/ready`, { agent }, (response) => {
          response.resume();
          response.on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection }));
        });
        probe.on('error', reject).end();
      });
    expect(await readyStatus()).toEqual({ status: 200, connection: 'keep-alive' });

    const waiting = subgraph.send('{ wait(name: "late") }', { headers: { connection: 'close' } });
    await subgraph.arrived.opened;
    const drained = subgraph.drain();
    expect(await readyStatus()).toEqual({ status: 503, connection: 'close' });
    await expect(fetch(`${subgraph.base}/health/live`)).rejects.toThrow();
    subgraph.release.open();
    expect((await waiting).body).toEqual({ data: { wait: 'late' } });
    agent.destroy();
    await drained;
  });

  it('cuts off what is not done within its bound', async () => {
    subgraph = await startSmallSubgraph({ drainMs: 20 });
    const waiting = subgraph.send('{ wait(name: "for ever") }');
    await subgraph.arrived.opened;
    const outcome = waiting.then(
      () => 'answered',
      () => 'cut off',
    );
    await subgraph.drain();
    expect(await outcome).toBe('cut off');
  });

  it('names the port when it is taken', async () => {
    subgraph = await startSmallSubgraph();
    const port = Number(new URL(subgraph.url).port);
    await expect(startSmallSubgraph({ port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken by another process.`,
    );
  });
});
