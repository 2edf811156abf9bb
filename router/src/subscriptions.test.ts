import { once } from 'node:events';
import { WebSocket } from 'ws';
import { collect, startRouter, type AnyData, type TestRouter } from './testing/router.ts';
import { alice, bob, startSubgraphs, type TestSubgraphs, type UserChange } from './testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeEach(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, {
    subgraphTimeoutMs: 300,
    upstreamTimes: { retryMs: 10, idleMs: 1 },
  });
});
afterEach(async () => {
  await router.stop();
  await subgraphs.stop();
});

const change = (version: number, friends: UserChange['friends'] = []): UserChange => ({
  version,
  user: alice,
  friends,
});

describe('a subscription', () => {
  it('has the fields of two other subgraphs filled in at each event, nested below objects and lists', async () => {
    const query = `subscription ($id: ID!) { userChanged(id: $id) {
      version user { name badge { label } reviews { text likes author { name } } } friends { name badge { label } } } }`;
    const events = router.socket().iterate<{ userChanged: unknown }>({ query, variables: { id: '1' } });
    const next = async () => (await events.next()).value;
    const user = {
      name: 'Alice',
      badge: { label: 'badge of 1' },
      reviews: [{ text: 'By 1', likes: 3, author: { name: 'Alice' } }],
    };
    expect(await next()).toEqual({ data: { userChanged: { version: 0, user, friends: [] } } });
    subgraphs.changes.publish(change(1, [bob, null, alice]));
    expect(await next()).toEqual({
      data: {
        userChanged: {
          version: 1,
          user,
          friends: [
            { name: 'Bob', badge: { label: 'badge of 2' } },
            null,
            { name: 'Alice', badge: { label: 'badge of 1' } },
          ],
        },
      },
    });
    await events.return?.();
    await subgraphs.changes.listening(0);
  });

  it('goes on with nulls and an error while another subgraph is dead', async () => {
    const events = router.socket().iterate<{ userChanged: AnyData }>({
      query: 'subscription { userChanged(id: "1") { version user { name badge { label } reviews { text } } } }',
    });
    await events.next();
    await subgraphs.badges.kill();
    subgraphs.changes.publish(change(1));
    const { value } = await events.next();
    expect(value.data.userChanged).toEqual({
      version: 1,
      user: { name: 'Alice', badge: null, reviews: [{ text: 'By 1' }] },
    });
    expect(value.errors).toEqual([
      {
        message: 'The service "badges" can\'t be reached.',
        path: ['userChanged', 'user'],
        extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'badges' },
      },
    ]);
    await subgraphs.badges.restart();
    subgraphs.changes.publish(change(2));
    const { value: healed } = await events.next();
    expect(healed.errors).toBeUndefined();
    expect(healed.data.userChanged.user.badge).toEqual({ label: 'badge of 1' });
  });

  it('shares one connection to the subgraph with all the others', async () => {
    const query = 'subscription { userChanged(id: "1") { version } }';
    const all = Array.from({ length: 10 }, () => router.socket().iterate({ query }));
    await Promise.all(all.map((events) => events.next()));
    expect(subgraphs.people.connections).toBe(1);
    for (const events of all.slice(1)) await events.return?.();
    await subgraphs.changes.listening(1);
    subgraphs.changes.publish(change(7));
    expect((await all[0]!.next()).value).toEqual({ data: { userChanged: { version: 7 } } });
  });

  it('tells the client what the subgraph refuses', async () => {
    const refused = collect(router.socket().iterate({ query: 'subscription { refused { version } }' }));
    await expect(refused).rejects.toMatchObject([
      { message: 'not for you', path: ['refused'], extensions: { serviceName: 'people' } },
    ]);
  });

  it('tells the client that its document or its variables are wrong', async () => {
    for (const [query, code] of [
      ['subscription { userChanged(id: "1") { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription ($id: ID!) { userChanged(id: $id) { version } }', 'BAD_USER_INPUT'],
    ] as const) {
      await expect(collect(router.socket().iterate({ query }))).rejects.toMatchObject([{ extensions: { code } }]);
    }
  });

  it('is not taken over HTTP', async () => {
    const { status, body } = await router.post('subscription { userChanged(id: "1") { version } }');
    expect(status).toBe(400);
    expect(body.errors?.[0]?.message).toContain('graphql-transport-ws');
  });

  it('is subscribed again when the owning subgraph goes and comes back, and shows the snapshot again', async () => {
    const events = router.socket().iterate({ query: 'subscription { userChanged(id: "1") { version } }' });
    expect((await events.next()).value).toEqual({ data: { userChanged: { version: 0 } } });
    subgraphs.changes.publish(change(1));
    expect((await events.next()).value).toEqual({ data: { userChanged: { version: 1 } } });
    await subgraphs.people.kill();
    await subgraphs.people.restart();
    // This subgraph says nothing of where it is, so it can't go on there; and the client is told.
    expect((await events.next()).value).toEqual({
      data: { userChanged: { version: 0 } },
      extensions: { resumed: 'snapshot', resumedReason: 'STREAM_GONE' },
    });
  });

  it('that runs outlives its subgraph for as long as that is away, and one that is new is refused', async () => {
    const query = 'subscription { userChanged(id: "1") { version } }';
    const events = router.socket().iterate({ query });
    await events.next();
    await subgraphs.people.kill();
    const next = events.next();
    await expect(router.socket().iterate({ query }).next()).rejects.toMatchObject([
      { extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'people' } },
    ]);
    await subgraphs.people.restart();
    expect((await next).value).toMatchObject({ data: { userChanged: { version: 0 } } });
  });

  it('sends only the variables that the owning subgraph needs, and the request id with it', async () => {
    const query = `subscription ($id: ID!, $no: Boolean!) { userChanged(id: $id) { version user { badge @skip(if: $no) { label } } } }`;
    const events = router
      .socket()
      .iterate({ query, variables: { id: '1', no: false }, extensions: { requestId: 'r-1' } });
    await events.next();
    const [payload] = subgraphs.people.subscribes;
    expect(payload?.variables).toEqual({ id: '1' });
    expect(payload?.extensions).toEqual({ requestId: 'r-1' });
  });
});

describe('the life of a socket', () => {
  it('completes the upstream when the client goes away without a word', async () => {
    const socket = new WebSocket(router.url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    socket.send(
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { unending { version } }' } }),
    );
    await subgraphs.changes.listening(1);
    socket.terminate();
    await subgraphs.changes.listening(0);
  });

  it('ends with 1012 when the router drains', async () => {
    const client = router.socket();
    const closed = new Promise<{ code: number }>((resolve) =>
      client.on('closed', (event) => resolve(event as { code: number })),
    );
    const events = client.iterate({ query: 'subscription { unending { version } }' });
    const failing = events.next().catch((error: unknown) => error);
    await subgraphs.changes.listening(1);
    await router.router.drain();
    expect((await closed).code).toBe(1012);
    expect(await failing).toMatchObject({ code: 1012 });
    router = await startRouter(subgraphs.sdl);
  });
});
