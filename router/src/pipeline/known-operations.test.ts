import { getOperationAST, parse } from 'graphql';
import { createKnownOperations } from './known-operations.ts';
import { bothTransports } from '../testing/both-transports.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

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

  it.each(['application/json', 'application/graphql-response+json'])(
    'fails to the byte as the first time, with the same status, as %s',
    async (accept) => {
      const typed = (type: string) => `query T($w: ${type}) { me { name @skip(if: $w) } broken } # ${accept}`;
      for (const body of [
        { query: `{ broken } # ${accept}` },
        { query: typed('Boolean!'), variables: { w: 'no' } },
        { query: typed('Boolean! = true'), variables: { w: null } },
      ]) {
        const first = await raw(body, { accept });
        expect(await raw(body, { accept })).toEqual(first);
        expect(await raw(body, { accept })).toEqual(first);
      }
    },
  );

  it.each([
    ['a query', { query: '{ me { id } }' }],
    ['variables', { query: 'query G($w: Boolean!) { me { id @skip(if: $w) } }', variables: '{"w":true}' }],
    ['wrong variables', { query: 'query G($w: Boolean!) { me { id @skip(if: $w) } }', variables: '{"w":1}' }],
    ['no variables', { query: '{ me { id } }', variables: 'null' }],
    ['a mutation', { query: 'mutation { append(text: "get") }' }],
    ['a name', { query: 'query N { me { id } }', operationName: 'N' }],
    ['another name', { query: 'query N { me { id } }', operationName: 'M' }],
  ])(
    'is answered to GET as well, and blocked without the headers that keep other sites out: %s',
    async (_what, search) => {
      const address = `${router.url}?${new URLSearchParams(search).toString()}`;
      const get = async (headers: Record<string, string>) => {
        const response = await fetch(address, { headers });
        return [response.status, response.headers.get('content-type'), await response.text()];
      };
      for (const headers of [
        { 'apollo-require-preflight': 'yes' },
        { 'x-apollo-operation-name': 'N' },
        { 'content-type': 'application/json' },
      ]) {
        const first = await get(headers);
        // It is known from now on, if a mutation is not known already.
        await router.post(search.query, { variables: { w: true } });
        expect(await get(headers)).toEqual(first);
        expect(await get(headers)).toEqual(first);
      }
      const [status, , text] = await get({});
      expect([status, text]).toEqual([400, expect.stringContaining('CSRF')]);
    },
  );

  it('is answered alike over both transports, whatever comes of it', async () => {
    for (const request of [
      { query: '{ users { name badge { label } } }' },
      { query: '{ broken me { id } }' },
      { query: 'query V($w: Boolean!) { me { name @skip(if: $w) id } }', variables: { w: 'no' } },
    ]) {
      const answers = [];
      for (const [, send] of [...bothTransports, ...bothTransports]) answers.push(await send(router, request));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    }
  });

  it.each([
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'text/html',
    'application/graphql-response+json,application/json;q=0.9',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'multipart/mixed',
    'application/json;q=0.1, application/graphql-response+json',
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

describe('what is remembered of operations', () => {
  function added(texts: readonly string[]) {
    const known = createKnownOperations();
    for (const text of texts) {
      const document = parse(text);
      const operation = getOperationAST(document)!;
      known.add({ query: text }, text, { queryHash: text, document, operation, check: undefined });
    }
    return texts.filter((query) => known.find({ query }) !== undefined);
  }

  it('has an end in number, and the newest stay', () => {
    const texts = Array.from({ length: 3_000 }, (_, index) => `{ a${index} }`);
    expect(added(texts)).toEqual(texts.slice(1_000));
  });

  it('has an end in size', () => {
    const texts = Array.from({ length: 50 }, (_, index) => `{ a${index} } # ${'x'.repeat(1_000_000)}`);
    expect(added(texts)).toHaveLength(19);
  });
});
