import { composeServices } from '@apollo/composition';
import { executeQueryPlan } from '@apollo/gateway';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createLogger } from '@cafe-for-me/lib/log';
import { getOperationAST, graphql, parse, type ExecutionResult } from 'graphql';
import { createExecutor } from './execute.ts';
import type { SubgraphAnswer, SubgraphFetch, SubgraphRequest } from './fetch.ts';
import { createIdentity } from './identity.ts';
import { asResult } from './pipeline.ts';
import { createPlanner } from './planner.ts';
import { loadSupergraph } from './supergraph.ts';

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@inaccessible"])
  type Query { shop(name: String): Shop  shops: [Shop]!  counts: [[Int!]]  broken: Int  any: [Named!]!  none: [Named!]! }
  type Mutation { open(input: Opening!): Shop! }
  input Opening { name: String!  kind: Kind = BIG  tags: [String!]  inner: Opening }
  enum Kind { BIG SMALL SECRET @inaccessible }
  interface Named { name: String! }
  scalar Moment
  type Shop implements Named @key(fields: "id") {
    id: ID!  name: String!  kind: Kind  since: Moment  score: Float  open: Boolean!  next: Shop  must: Shop!  staff: [Person!]
  }
  type Person implements Named { name: String!  age: Int }
`);
const shop = (name: string, kind = 'BIG') => ({
  __typename: 'Shop',
  id: 7,
  name,
  kind,
  since: { at: [1, '2'] },
  score: 1.5,
  open: true,
  next: () => (name === 'last' ? null : shop('last')),
  must: () => (name === 'bad' ? null : shop('must')),
  staff: [
    { __typename: 'Person', name: 'Ann', age: 3 },
    { __typename: 'Person', name: '커피', age: null },
  ],
});
const root = {
  shop: ({ name }: { name?: string }) => (name === 'nobody' ? null : shop(name ?? 'first')),
  shops: () => [shop('a'), null, shop('b', 'SMALL')],
  counts: () => [[1, 2], null, []],
  broken: () => {
    throw new Error('broken');
  },
  any: () => [shop('a'), { __typename: 'Person', name: 'P' }],
  none: () => [],
  open: ({ input }: { input: { name: string; kind: string } }) => shop(input.name, input.kind),
};
const { supergraphSdl } = composeServices([
  { name: 'shops', url: 'http://127.0.0.1:1', typeDefs },
  {
    name: 'maps',
    url: 'http://127.0.0.1:1',
    typeDefs: parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      type Shop @key(fields: "id") { id: ID!  place: String }`),
  },
]);
const graph = loadSupergraph(supergraphSdl!);
const log = createLogger({ service: 'router', level: 'silent' });
const context = {
  requestId: 'r',
  traceparent: undefined,
  headers: {},
  caller: createIdentity({ routerKey: undefined, tokens: undefined }).anonymous,
};

/** A subgraph in this process, whose answers a test may change on their way. */
function fetchesThrough(change: (answer: SubgraphAnswer) => SubgraphAnswer) {
  const schema = buildSubgraphSchema({ typeDefs });
  const requests: SubgraphRequest[] = [];
  async function send(request: SubgraphRequest): Promise<SubgraphAnswer> {
    requests.push(request);
    const { query, variables } = request;
    const answer = await graphql({ schema, source: query, variableValues: variables, rootValue: root });
    return change(JSON.parse(JSON.stringify(answer)));
  }
  const shops: SubgraphFetch = {
    send: (request) => send(JSON.parse(JSON.stringify(request)) as SubgraphRequest),
    sendText: (request) => send(JSON.parse(request) as SubgraphRequest),
    exchange: async (request) => JSON.stringify(await send(JSON.parse(request) as SubgraphRequest)),
    close: () => Promise.resolve(),
  };
  const maps = { ...shops, send: () => Promise.resolve({ data: { _entities: [{ place: 'here' }] } }) };
  return { requests, fetches: new Map([['shops', shops], ['maps', maps]]) }; // prettier-ignore
}

const plan = createPlanner(graph);
const plannedFor = (query: string) => plan({ queryHash: query, document: parse(query), operationName: undefined });

async function bothWays(
  query: string,
  variables: Record<string, unknown>,
  change = (answer: SubgraphAnswer) => answer,
) {
  const short = fetchesThrough(change);
  const document = parse(query);
  const operation = getOperationAST(document)!;
  const executor = createExecutor({ graph, fetches: short.fetches, log });
  const shortResult = await executor.execute({ queryHash: query, document, operation, variables, context });

  const long = fetchesThrough(change);
  const planned = plannedFor(query);
  const services = Object.fromEntries(
    [...long.fetches].map(([name, { send }]) => [
      name,
      { process: ({ request }: { request: object }) => send(request as SubgraphRequest, context) },
    ]),
  );
  const longResult = await executeQueryPlan(
    planned.plan,
    services,
    { request: { variables }, context, metrics: {}, logger: log } as never,
    planned.operation,
    graph.fullSchema,
    graph.apiSchema,
  );
  return {
    short: text(asResult(shortResult)),
    long: text(longResult),
    shortRequests: short.requests,
    longRequests: long.requests,
  };
}

/** Keys in their order, unlike toEqual. */
function text(result: ExecutionResult): string {
  return JSON.stringify({ data: result.data, errors: result.errors, extensions: result.extensions });
}

const operations: [query: string, short: boolean, variables?: Record<string, unknown>][] = [
  ['{ shop { id name kind since score open } }', true],
  ['{ b: shop { n: name id } a: shop(name: "nobody") { id } counts }', true],
  ['query Q($n: String) { shop(name: $n) { name } }', true, { n: 'x', unused: 1 }],
  ['query Q($n: String = "by default") { shop(name: $n) { name } }', true],
  ['query Q($n: String) { shop(name: $n) { name } }', true, { n: null }],
  ['{ shops { ...F ... on Shop { name } id } } fragment F on Shop { kind next { id } next { name } }', true],
  ['{ shop { staff { name } next { id } } shop { next { open name } staff { age } } }', true],
  ['{ shop { __typename t: __typename staff { t: __typename } } }', true],
  ['{ shop { __typename: name id } }', false],
  ['{ shop { __typename staff { __typename name } } }', true],
  ['{ none { name } }', true],
  ['{ any { name } }', true],
  ['{ any { name ... on Person { age } } }', true],
  ['{ shop { ... on Named { name } id } }', false],
  ['{ shop(name: "bad") { next { must { id } } must { id } } }', true],
  ['{ broken shop { id } }', true],
  ['mutation M($i: Opening!) { open(input: $i) { id kind } }', true, { i: { name: 'é"', tags: ['a'], inner: { name: 'b' } } }],
  ['mutation M($i: Opening!) { a: open(input: $i) { id } b: open(input: $i) { name } }', true, { i: { name: 'x' } }],
  ['mutation M($i: Opening!) { open(input: $i) { must { must { name } } } }', true, { i: { name: 'bad' } }],
  ['query Q($with: Boolean!) { shop { id name @include(if: $with) kind @skip(if: $with) } }', false, { with: true }],
  ['query Q($with: Boolean = false) { shop { id ... @include(if: $with) { name } } }', false],
  ['query Q($with: Boolean!) { shop @skip(if: $with) { id } }', false, { with: true }],
  ['{ __typename shop { id } }', false],
  ['{ __typename }', false],
  ['{ __schema { queryType { name } } shop { id } }', false],
  ['{ __type(name: "Shop") { name } shop { id } }', false],
  ['{ shop { id place } }', false],
]; // prettier-ignore

/** What a subgraph could get wrong, each to be answered as the long way answers it. */
const faults: Record<string, (value: unknown, key: string) => unknown> = {
  'nothing wrong': (value) => value,
  'nulls for names': (value, key) => (key === 'name' || key === 'n' ? null : value),
  'nulls for objects': (value, key) => (key === 'next' || key === 'must' || key === 'shop' ? null : value),
  'no text for names': (value, key) => (key === 'name' || key === 'n' ? 5 : value),
  'an enum value that clients may not see': (value, key) => (key === 'kind' ? 'SECRET' : value),
  'numbers that are none': (value, key) => (key === 'age' || key === 'score' ? 'x' : value),
  'another order': (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).toReversed()) : value),
  'more than was asked': (value) => (isObject(value) ? { ...value, more: 1 } : value),
  'less than was asked': (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).slice(1)) : value),
  'another type': (value, key) => (key === '__typename' ? 'Person' : value),
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spoilt(value: unknown, fault: (typeof faults)[string], key = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => spoilt(each, fault, key));
  if (!isObject(value)) return fault(value, key);
  return fault(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, spoilt(each, fault, name)])), key);
}

describe('an operation that one fetch answers whole', () => {
  it.each(operations)('takes the short way only where the form of the answer is known: %s', (query, short) => {
    expect(plannedFor(query).passThrough !== undefined).toBe(short);
  });

  describe.each(Object.keys(faults))('is answered as the gateway would answer it, with %s', (name) => {
    it.each(operations)('%s', async (query, _short, variables = {}) => {
      const { short, long, shortRequests, longRequests } = await bothWays(query, variables, (answer) => ({
        ...answer,
        ...(answer.data && { data: spoilt(answer.data, faults[name]!) as Record<string, unknown> }),
      }));
      expect(short).toBe(long);
      expect(shortRequests).toEqual(longRequests);
    });
  });

  it('is asked once, also when its answer needs shaping or does not come', async () => {
    for (const change of [
      (): SubgraphAnswer => ({ data: null, errors: [{ message: 'no', path: ['shop'] }] }),
      (): SubgraphAnswer => ({ data: { shop: { name: 1, id: 'x' } } }),
      (): SubgraphAnswer => {
        throw new Error('gone');
      },
    ]) {
      const { short, long, shortRequests } = await bothWays('{ shop { id name } }', {}, change);
      expect(short).toBe(long);
      expect(shortRequests).toHaveLength(1);
    }
  });
});
