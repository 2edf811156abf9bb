import { createClient, type Client, type SubscribePayload } from 'graphql-ws';
import WebSocket from 'ws';
import { signIdentity } from './router-identity.ts';
import {
  routerKey,
  startSmallSubgraph,
  type SmallSubgraph,
  type TestAnswer,
  type TestError,
} from './testing/small-subgraph.ts';

let subgraph: SmallSubgraph;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  subgraph.release.open();
  await subgraph.drain();
});

/** The router's connection, whose first message carries `token`. */
async function connect(token?: string, onClosed: (event: unknown) => void = () => {}): Promise<Client> {
  const identity = token ?? (await signIdentity(routerKey, null));
  const client = createClient({
    url: subgraph.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { 'x-router-identity': identity },
    retryAttempts: 0,
    on: { closed: onClosed },
  });
  clients.push(client);
  return client;
}

async function as(sub: string | null, requestId = 'r-1'): Promise<Record<string, unknown>> {
  return { identity: await signIdentity(routerKey, sub === null ? null : { sub }), requestId };
}

/** All results of one operation, and how it ended. */
function collect(client: Client, payload: SubscribePayload): Promise<{ results: TestAnswer[]; error?: unknown }> {
  const results: TestAnswer[] = [];
  return new Promise((resolve) => {
    client.subscribe(payload, {
      next: (result) => results.push(result as TestAnswer),
      error: (error) => resolve({ results, error }),
      complete: () => resolve({ results }),
    });
  });
}

describe('a subgraph over a WebSocket', () => {
  it('sends every event of a subscription in order and completes it', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    expect(await collect(client, { query: 'subscription { ticks(to: 3) }', extensions: await as('alice') })).toEqual({
      results: [{ data: { ticks: 1 } }, { data: { ticks: 2 } }, { data: { ticks: 3 } }],
    });
  });

  it('gives each operation of one connection its own identity', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    const meAs = async (sub: string) =>
      collect(client, { query: '{ me { id requestId } }', extensions: await as(sub, `r-${sub}`) });
    const [alice, bob] = await Promise.all([meAs('alice'), meAs('bob')]);
    expect(alice.results).toEqual([{ data: { me: { id: 'alice', requestId: 'r-alice' } } }]);
    expect(bob.results).toEqual([{ data: { me: { id: 'bob', requestId: 'r-bob' } } }]);
  });

  it('takes a connection that began as a client’s for that client’s, except for what brings an identity of its own', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect(await signIdentity(routerKey, { sub: 'alice' }));
    const query = '{ me { id } }';
    expect((await collect(client, { query })).results).toEqual([{ data: { me: { id: 'alice' } } }]);
    const { results } = await collect(client, { query, extensions: await as('bob') });
    expect(results).toEqual([{ data: { me: { id: 'bob' } } }]);
    const { error } = await collect(client, { query, extensions: { identity: 'nonsense' } });
    expect(error).toMatchObject([{ extensions: { code: 'NOT_FROM_ROUTER' } }]);
  });

  it('closes with 4403 a connection that is not the router’s', async () => {
    subgraph = await startSmallSubgraph();
    for (const token of ['nonsense', await signIdentity('another key that nobody here shares', null)]) {
      const closed: unknown[] = [];
      const client = await connect(token, (event) => closed.push(event));
      const { error } = await collect(client, { query: '{ add(a: 1, b: 2) }', extensions: await as('alice') });
      expect(error).toMatchObject({ code: 4403, reason: 'Forbidden' });
      expect(closed).toHaveLength(1);
    }
  });

  it('refuses an operation without identity, and with a bad one, and the connection lives on', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    const query = 'subscription { ticks(to: 1) }';
    const forged = await signIdentity('another key that nobody here shares', { sub: 'alice' });
    for (const extensions of [undefined, {}, { identity: forged }, { identity: 7 }]) {
      const { error } = await collect(client, { query, ...(extensions && { extensions }) });
      expect(error).toMatchObject([{ extensions: { code: 'NOT_FROM_ROUTER' } }]);
    }
    expect(await collect(client, { query, extensions: await as('alice') })).toEqual({
      results: [{ data: { ticks: 1 } }],
    });
  });

  it('gives errors that are made for the caller, also about the operation and its variables', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    const extensions = await as(null);
    const me = await collect(client, { query: '{ me { id } }', extensions });
    expect(me.results[0]?.errors).toMatchObject([{ path: ['me'], extensions: { code: 'UNAUTHENTICATED' } }]);
    const codeOf = async (query: string, variables?: Record<string, unknown>) => {
      const { results, error } = await collect(client, { query, extensions, ...(variables && { variables }) });
      const errors = (error ?? results[0]?.errors ?? []) as TestError[];
      return errors[0]?.extensions['code'];
    };
    expect(await codeOf('{')).toBe('GRAPHQL_PARSE_FAILED');
    expect(await codeOf('{ nothing }')).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await codeOf('subscription ($to: Int!) { ticks(to: $to) }', { to: 'x' })).toBe('BAD_USER_INPUT');
  });

  it('hides any other error behind a reference, under which it is logged with the request id', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    const query = 'subscription { ticks(to: 3, failAt: 2) }';
    const { results, error } = await collect(client, { query, extensions: await as('alice', 'r-7') });
    expect(results).toEqual([{ data: { ticks: 1 } }]);
    expect(error).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(subgraph.lines.at(-1)).toMatchObject({
      requestId: 'r-7',
      reference: (error as TestError[])[0]?.extensions['reference'],
      error: { message: 'password is hunter2' },
    });
  });

  it('ends the source of a subscription when the client does', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    const subscription = client.iterate({ query: 'subscription { endless }', extensions: await as('alice') });
    expect(await subscription.next()).toEqual({ done: false, value: { data: { endless: 1 } } });
    await subscription.return?.();
    // An async generator that waits can not end before what it waits for.
    subgraph.release.open();
    await subgraph.ended.opened;
  });

  it('is closed with 1012 when the subgraph drains, so that its client connects again', async () => {
    subgraph = await startSmallSubgraph();
    const client = await connect();
    const subscription = client.iterate({ query: 'subscription { endless }', extensions: await as('alice') });
    await subscription.next();
    const ended = subscription.next();
    ended.catch(() => {});
    await subgraph.drain();
    await expect(ended).rejects.toMatchObject({ code: 1012 });
  });

  it('has no other path', async () => {
    subgraph = await startSmallSubgraph();
    const socket = new WebSocket(`${subgraph.base.replace('http', 'ws')}/other`, 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('404');
  });
});
