import { getOperationAST, GraphQLError, parse } from 'graphql';
import { createIdentity } from '../authorization/identity.ts';
import { createExecutor } from '../execute.ts';
import type { SubgraphFetch } from '../subgraphs/fetch.ts';
import { byKey, federate } from '../testing/federation.ts';

const { anonymous } = createIdentity({ routerKey: undefined, tokens: undefined });
const posts = [{ title: 'a title that is longer than what stands after it' }];

describe('what several places have in common', () => {
  it('is written anew where it stood in something that became null', async () => {
    const { ask } = federate({
      reviews: [
        'type Query { reviews: [Review] } type Review @key(fields: "id") { id: ID!  author: User } type User @key(fields: "id") { id: ID! }',
        { Query: { reviews: () => [1, 2, 3].map((id) => ({ id, author: { id: 'u' } })) } },
      ],
      users: [
        'type User @key(fields: "id") { id: ID!  posts: [Post] } type Post { title: String! }',
        { User: byKey(() => ({ posts })) },
      ],
      scores: [
        'type Review @key(fields: "id") { id: ID!  score: Int! }',
        { Review: { __resolveReference: ({ id }: { id: string }) => (id === '1' ? null : { id, score: 5 }) } },
      ],
    });
    const { data } = await ask('{ reviews { author { posts { title } } score } }');
    const whole = { author: { posts }, score: 5 };
    expect(data).toEqual({ reviews: [null, whole, whole] });
  });
});

describe('a subgraph that breaks the frame', () => {
  it('has its many errors told up to a bound, in a time that grows with their number only', async () => {
    const { ask } = federate({
      many: [
        'type Query { items: [Item] } type Item { text: String! other: String }',
        { Query: { items: () => Array.from({ length: 3_000 }, () => ({ text: null })) } },
      ],
    });
    const { data, errors } = await ask('{ items { text other } }');
    expect(data.items).toHaveLength(3_000);
    expect(errors).toHaveLength(1_000);
  });

  it('says nothing about the HTTP answer of the router', async () => {
    const refusal = new GraphQLError('no', { extensions: { code: 'NO', http: { status: 418 } } });
    const { ask } = federate({
      one: ['type Query { no: Int }', { Query: { no: () => Promise.reject(refusal) } }],
    });
    const { errors } = await ask('{ no }');
    expect(errors).toMatchObject([{ message: 'no', extensions: { code: 'NO', serviceName: 'one' } }]);
    expect(errors![0]!.extensions).not.toHaveProperty('http');
  });

  it('fails the fetch alone that needs what is nested too deep', async () => {
    const { graph } = federate({
      one: ['scalar Any type Query { item: Item  fine: Int } type Item @key(fields: "id") { id: ID!  deep: Any }'],
      two: [
        'scalar Any type Item @key(fields: "id") { id: ID!  deep: Any @external  depth: Int @requires(fields: "deep") }',
      ],
    });
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const answer = `{"data":{"fine":1,"item":{"__typename":"Item","id":"1","deep":${deep}}}}`;
    const fetch = { exchange: () => Promise.resolve(answer) } as unknown as SubgraphFetch;
    const executor = createExecutor({
      graph,
      fetches: new Map([
        ['one', fetch],
        ['two', fetch],
      ]),
    });
    const query = '{ fine item { id depth } }';
    const document = parse(query);
    const operation = getOperationAST(document)!;
    const context = { requestId: 'r', traceparent: undefined, headers: {}, caller: anonymous };
    const { data, errors } = await executor.execute({
      queryHash: query,
      document,
      operation,
      variables: undefined,
      context,
    });
    expect(data).toBe('{"fine":1,"item":{"id":"1","depth":null}}');
    expect(errors).toMatchObject([{ path: ['item'] }]);
  });
});
