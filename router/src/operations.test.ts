import { collect, startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, { subgraphTimeoutMs: 300 });
});
afterEach(() => {
  subgraphs.people.mode = 'ok';
  subgraphs.reviews.mode = 'ok';
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
});

const nested = '{ users { name reviews { text likes author { name badge { label } } } badge { label } } }';

describe('queries and mutations', () => {
  it('joins the fields of several subgraphs, below lists with holes in them too', async () => {
    const { status, body } = await router.post(nested);
    const one = (id: string, name: string) => ({
      name,
      reviews: [{ text: `By ${id}`, likes: 3, author: { name, badge: { label: `badge of ${id}` } } }],
      badge: { label: `badge of ${id}` },
    });
    expect(status).toBe(200);
    expect(body).toEqual({ data: { users: [one('1', 'Alice'), null, one('2', 'Bob')] } });
  });

  it('gives the same answer over a socket', async () => {
    const overHttp = await router.post(nested);
    const overSocket = await collect(router.socket().iterate({ query: nested }));
    expect(overSocket).toEqual([overHttp.body]);
  });

  it('answers queries in the address, and refuses mutations there', async () => {
    const get = (query: string) =>
      fetch(`${router.url}?query=${encodeURIComponent(query)}`, { headers: { 'apollo-require-preflight': 'yes' } });
    expect(await (await get('{ me { name } }')).json()).toEqual({ data: { me: { name: 'Alice' } } });
    expect((await get('mutation { append(text: "x") }')).status).toBe(405);
  });

  it('runs the fields of a mutation one after the other, across subgraphs', async () => {
    const { body } = await router.post(
      'mutation { a: append(text: "a") r: review(text: "new") { author { name } } b: append(text: "b") }',
    );
    expect(body.data).toEqual({ a: ['a'], r: { author: { name: 'Alice' } }, b: ['a', 'b'] });
  });

  it('passes variables on, and applies @skip and @include', async () => {
    const query = 'query Q($with: Boolean!) { me { name @skip(if: $with) badge @include(if: $with) { label } } }';
    expect((await router.post(query, { variables: { with: true } })).body.data.me).toEqual({
      badge: { label: 'badge of 1' },
    });
    expect((await router.post(query, { variables: { with: false } })).body.data.me).toEqual({ name: 'Alice' });
  });

  it('answers introspection', async () => {
    const { body } = await router.post('{ __schema { subscriptionType { name } } me { __typename } }');
    expect(body.data).toEqual({ __schema: { subscriptionType: { name: 'Subscription' } }, me: { __typename: 'User' } });
  });

  it('answers 400 to what does not parse, is not valid, or has wrong variables, over both transports alike', async () => {
    for (const [query, code] of [
      ['{ me { ', 'GRAPHQL_PARSE_FAILED'],
      ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['query Q($with: Boolean!) { me @include(if: $with) { name } }', 'BAD_USER_INPUT'],
    ] as const) {
      const { status, body } = await router.post(query);
      expect([status, body.errors?.[0]?.extensions['code']]).toEqual([400, code]);
      await expect(collect(router.socket().iterate({ query }))).rejects.toMatchObject([{ extensions: { code } }]);
    }
  });

  it('lists at most so many validation errors', async () => {
    const { body } = await router.post(`{ ${Array.from({ length: 200 }, (_, index) => `x${index}`).join(' ')} }`);
    expect(body.errors?.length).toBeLessThan(30);
  });

  it('says which operation is missing', async () => {
    const response = await fetch(router.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query A { me { name } } query B { me { id } }', operationName: 'C' }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ message: 'Unknown operation named "C".' }] });
  });

  it('passes errors of a subgraph with their path, and names the service', async () => {
    const { status, body } = await router.post('{ broken me { name } }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ broken: null, me: { name: 'Alice' } });
    expect(body.errors).toMatchObject([
      { message: 'a subgraph says so', path: ['broken'], extensions: { serviceName: 'people' } },
    ]);
  });
});

describe('a subgraph that does not work', () => {
  it('blanks its own fields and is told in one error, after its time is up', async () => {
    subgraphs.reviews.mode = 'hang';
    const { status, body } = await router.post(
      '{ topReview { text } users { name reviews { text } badge { label } } }',
    );
    expect(status).toBe(200);
    expect(body.data.topReview).toBeNull();
    expect(body.data.users[0]).toEqual({ name: 'Alice', reviews: null, badge: { label: 'badge of 1' } });
    expect(body.errors).toEqual([
      expect.objectContaining({ extensions: { code: 'SUBREQUEST_TIMEOUT', serviceName: 'reviews' } }),
    ]);
  });

  it.each(['html', 'refuse'] as const)('leaks nothing of an answer that is no GraphQL (%s)', async (mode) => {
    subgraphs.reviews.mode = mode;
    const { body } = await router.post('{ me { name reviews { text } } }');
    expect(body.data).toEqual({ me: { name: 'Alice', reviews: null } });
    expect(body.errors).toEqual([
      {
        message: 'The service "reviews" can\'t be reached.',
        path: ['me'],
        extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'reviews' },
      },
    ]);
  });

  it('is logged with the id of the request', async () => {
    subgraphs.reviews.mode = 'html';
    await router.post('{ me { reviews { text } } }', { headers: { 'x-request-id': 'find-me' } });
    const line = router.lines.map((text) => JSON.parse(text)).find(({ requestId }) => requestId === 'find-me');
    expect(line).toMatchObject({ level: 'warn', subgraph: 'reviews' });
  });

  it('is blank while it is dead and comes back by itself', async () => {
    await subgraphs.reviews.kill();
    const dead = await router.post('{ me { name reviews { text } } }');
    expect(dead.body.data).toEqual({ me: { name: 'Alice', reviews: null } });
    expect(dead.body.errors).toMatchObject([{ extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'reviews' } }]);
    expect(JSON.stringify(dead.body)).not.toContain('127.0.0.1');
    expect((await fetch(router.url.replace('/graphql', '/health/ready'))).status).toBe(200);
    await subgraphs.reviews.restart();
    const alive = await router.post('{ me { reviews { text } } }');
    expect(alive.body).toEqual({ data: { me: { reviews: [{ text: 'By 1' }] } } });
  });
});
