import { startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl);
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
});

async function raw(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(router.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'same', ...headers },
    body: JSON.stringify(body),
  });
  const { date: _date, ...others } = Object.fromEntries(response.headers);
  return { status: response.status, headers: others, text: await response.text() };
}

describe('an operation that was sent before', () => {
  it.each([
    ['a plain query', { query: '{ me { id } }' }],
    ['several subgraphs', { query: '{ users { name badge { label } } }' }],
    ['an error of a subgraph', { query: '{ broken me { id } }' }],
    ['a name, and nulls for what is absent', { query: 'query A { me { name } }', operationName: 'A', variables: null }],
    ['a name that it does not have', { query: 'query B { me { name } }', operationName: 'C' }],
    ['one of two', { query: 'query A { me { name } } query B { me { id } }', operationName: 'B' }],
    ['variables', { query: 'query V($w: Boolean!) { me { name @skip(if: $w) id } }', variables: { w: true } }],
    ['wrong variables', { query: 'query V($w: Boolean!) { me { name @skip(if: $w) id } }', variables: { w: 1 } }],
    ['variables that are none', { query: '{ me { id } }', variables: [] }],
    ['extensions that are none', { query: '{ me { id } }', extensions: 'x' }],
    ['a subscription', { query: 'subscription { unending { version } }' }],
    ['introspection', { query: '{ __schema { queryType { name } } }' }],
    ['no GraphQL', { query: '{' }],
    ['a batch', [{ query: '{ me { id } }' }]],
  ])('is answered to the byte as the first time: %s', async (_what, body) => {
    const first = await raw(body);
    expect(await raw(body)).toEqual(first);
    expect(await raw(body)).toEqual(first);
  });

  it.each([
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'text/html',
    'application/json;q=0.5, */*;q=0.1',
  ])('is answered as its accept header says: %s', async (accept) => {
    const query = `{ me { id } } # ${accept}`;
    const first = await raw({ query }, { accept });
    expect(await raw({ query }, { accept })).toEqual(first);
  });

  it('runs once for each request, also when it fails', async () => {
    const query = 'mutation { append(text: "once") }';
    const before = (await router.post(query)).body.data.append.length;
    expect((await router.post(query)).body.data.append).toHaveLength(before + 1);
    const asked = subgraphs.people.requests.length;
    for (const _time of [1, 2]) await router.post('{ broken }');
    expect(subgraphs.people.requests.length - asked).toBe(2);
  });
});
