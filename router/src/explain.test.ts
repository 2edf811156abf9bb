import { settingsSchema } from './config/settings.ts';
import type { Explained, ExplainedFetch, ExplainedNode } from './execution/explained.ts';
import { loadSupergraph } from './supergraph.ts';
import { bothTransports } from './testing/both-transports.ts';
import { openStream, readEvents, readParts } from './testing/read-stream.ts';
import { startRouter, type AnyData, type TestRouter } from './testing/router.ts';
import { alice, startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ explain: { enabled: true } }) });
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
});

const explain = { explain: true };
const users = '{ users { name badge { label } } }';
const changed = 'subscription ($id: ID!) { userChanged(id: $id) { version user { badge { label } } } }';

function fetchesIn(node: ExplainedNode | null | undefined): ExplainedFetch[] {
  if (node === null || node === undefined) return [];
  switch (node.kind) {
    case 'fetch':
      return [node];
    case 'flatten':
      return fetchesIn(node.node);
    case 'condition':
      return [...fetchesIn(node.met), ...fetchesIn(node.otherwise)];
    case 'subscription':
      return [node.primary, ...fetchesIn(node.rest)];
    case 'sequence':
    case 'parallel':
      return node.nodes.flatMap(fetchesIn);
  }
}

const explainedIn = ({ extensions }: AnyData): Explained => extensions.explain;

describe.each(bothTransports)('an operation that asks to be explained over %s', (name, send) => {
  it('is answered as any other, and told its plan with what each fetch took', async () => {
    const plain = await send(router, { query: users });
    const { extensions, ...answer } = (await send(router, { query: users, extensions: explain })) as AnyData;
    expect(answer).toEqual(plain);
    expect(extensions.explain).toEqual({
      planning: { tookMs: expect.any(Number), remembered: true },
      totalMs: expect.any(Number),
      plan: {
        kind: 'sequence',
        nodes: [
          {
            kind: 'fetch',
            subgraph: 'people',
            operation: '{users{__typename id name}}',
            requests: [
              {
                startedMs: expect.any(Number),
                tookMs: expect.any(Number),
                requestBytes: expect.any(Number),
                answerBytes: expect.any(Number),
                tries: 1,
              },
            ],
          },
          {
            kind: 'flatten',
            path: 'users.@',
            node: {
              kind: 'fetch',
              subgraph: 'badges',
              operation:
                'query($representations:[_Any!]!){_entities(representations:$representations){...on User{badge{label}}}}',
              requires: '{...on User{__typename id}}',
              requests: [
                {
                  startedMs: expect.any(Number),
                  tookMs: expect.any(Number),
                  requestBytes: expect.any(Number),
                  entities: 2,
                  answerBytes: expect.any(Number),
                  tries: 1,
                },
              ],
            },
          },
        ],
      },
    });
  });

  it('says whether its plan was made for it', async () => {
    const query = `query Fresh${name} { me { name } }`;
    const first = explainedIn(await send(router, { query, extensions: explain }));
    expect(first.planning).toEqual({ tookMs: expect.any(Number), remembered: false });
    expect(first.planning.tookMs).toBeGreaterThan(0);
    const second = explainedIn(await send(router, { query, extensions: explain }));
    expect(second.planning).toEqual({ ...first.planning, remembered: true });
  });

  it('tells what failed, in the words that clients have for it', async () => {
    const answer = (await send(router, { query: '{ broken me { name } }', extensions: explain })) as AnyData;
    expect(answer.errors).toHaveLength(1);
    expect(fetchesIn(explainedIn(answer).plan)[0]?.requests).toEqual([expect.objectContaining({ answeredErrors: 1 })]);
    subgraphs.badges.mode = 'html';
    try {
      const cut = (await send(router, { query: users, extensions: explain })) as AnyData;
      const [, badges] = fetchesIn(explainedIn(cut).plan);
      expect(badges?.requests[0]?.error).toEqual({
        message: cut.errors[0].message,
        code: cut.errors[0].extensions.code,
      });
    } finally {
      subgraphs.badges.mode = 'ok';
    }
  });

  it('explains a mutation step by step, and does it once', async () => {
    const before = subgraphs.people.requests.length;
    const query = 'mutation { append(text: "explained") review(text: "x") { text } }';
    const answer = (await send(router, { query, extensions: explain })) as AnyData;
    expect(subgraphs.people.requests.length).toBe(before + 1);
    const fetches = fetchesIn(explainedIn(answer).plan);
    expect(fetches.map(({ subgraph, requests }) => [subgraph, requests.length])).toEqual([
      ['people', 1],
      ['reviews', 1],
    ]);
    const [first, second] = fetches.map(({ requests }) => requests[0]!);
    expect(second!.startedMs).toBeGreaterThanOrEqual(first!.startedMs + first!.tookMs! - 0.02);
  });

  it('has nothing to tell of an operation that is refused', async () => {
    expect(await send(router, { query: '{ nothing }', extensions: explain })).not.toHaveProperty('extensions');
  });

  it.each([{ explain: false }, { explain: 'yes' }, { explain: 1 }, {}, undefined])(
    'leaves a request alone that does not ask: %j',
    async (extensions) => {
      expect(await send(router, { query: users, extensions })).not.toHaveProperty('extensions');
    },
  );
});

describe('an answer with its explanation', () => {
  it('may be had with GET, as server-sent events and as multipart as well', async () => {
    const search = new URLSearchParams({ query: users, extensions: JSON.stringify(explain) }).toString();
    const got = await fetch(`${router.url}?${search}`, { headers: { 'apollo-require-preflight': 'yes' } });
    expect(fetchesIn(explainedIn(await got.json()).plan)).toHaveLength(2);
    const body = { query: users, extensions: explain };
    const events = await openStream(router.url, readEvents, { headers: { accept: 'text/event-stream' }, body });
    let event: AnyData;
    do event = await events.next();
    while (event.data === undefined);
    expect(fetchesIn(explainedIn(event.data).plan)).toHaveLength(2);
    events.close();
    const parts = await openStream(router.url, readParts, {
      headers: { accept: 'multipart/mixed;subscriptionSpec="1.0"' },
      body,
    });
    const part = (await parts.next()) as AnyData;
    expect(fetchesIn(explainedIn(part.payload).plan)).toHaveLength(2);
    parts.close();
  });

  it('says which fetch was made for another request', async () => {
    const query = '{ users { badge { label } } }';
    const both = [1, 2].map(() =>
      fetch(router.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, extensions: explain }),
      }).then((response) => response.json() as AnyData),
    );
    const shared = (await Promise.all(both)).map((one) => fetchesIn(explainedIn(one).plan)[0]?.requests[0]?.shared);
    expect(shared).toContain('between requests');
    expect(shared).toContain(undefined);
  });
});

describe('a subscription that asks to be explained', () => {
  it('has it in each answer, while those who do not ask get theirs as before', async () => {
    const request = { query: changed, variables: { id: '1' } };
    const plain = router.socket().iterate(request);
    const explained = router.socket().iterate({ ...request, extensions: explain });
    const next = async (events: typeof plain): Promise<AnyData> => (await events.next()).value;
    const first = await next(plain);
    expect(first).toEqual({ data: { userChanged: { version: 0, user: { badge: { label: 'badge of 1' } } } } });
    for (const version of [0, 1]) {
      if (version > 0) subgraphs.changes.publish({ version, user: alice, friends: [] });
      const { extensions, ...answer } = await next(explained);
      if (version > 0) expect(await next(plain)).toEqual(answer);
      else expect(answer).toEqual(first);
      const { plan } = extensions.explain as Explained;
      expect(plan?.kind).toBe('subscription');
      const [primary, badges] = fetchesIn(plan);
      expect(primary).toMatchObject({ subgraph: 'people', requests: [{ answerBytes: expect.any(Number) }] });
      expect(badges).toMatchObject({ subgraph: 'badges', requests: [{ entities: 1, tries: 1 }] });
    }
    await plain.return!();
    await explained.return!();
  });

  it('has it after the supergraph was read again, too', async () => {
    const events = router.socket().iterate({ query: changed, variables: { id: '2' }, extensions: explain });
    await events.next();
    await router.router.serve(loadSupergraph(subgraphs.sdl));
    subgraphs.changes.publish({ version: 5, user: alice, friends: [] });
    const { value } = await events.next();
    expect(value.data.userChanged.version).toBe(5);
    expect(fetchesIn(explainedIn(value).plan)).toHaveLength(2);
    await events.return!();
  });
});

describe('a router that nobody told to explain', () => {
  it('takes no notice of who asks, on any way', async () => {
    const other = await startRouter(subgraphs.sdl);
    try {
      for (const [, send] of [...bothTransports, ...bothTransports]) {
        expect(await send(other, { query: users, extensions: explain })).not.toHaveProperty('extensions');
      }
      const events = other.socket().iterate({ query: changed, variables: { id: '1' }, extensions: explain });
      expect((await events.next()).value).not.toHaveProperty('extensions');
      await events.return!();
    } finally {
      await other.stop();
    }
  });
});
