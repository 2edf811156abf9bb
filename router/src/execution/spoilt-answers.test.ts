import { composeServices } from '@apollo/composition';
import { buildOperationContext, executeQueryPlan } from '@apollo/gateway';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createLogger } from '@cafe-for-me/lib/log';
import { getOperationAST, graphql, parse, type ExecutionResult } from 'graphql';
import { subrequestFailed } from '../errors.ts';
import { createExecutor } from '../execute.ts';
import type { SubgraphFetch, SubgraphRequest } from '../subgraphs/fetch.ts';
import type { SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import { createIdentity } from '../authorization/identity.ts';
import { createPlanner } from '../planning/planner.ts';
import { loadSupergraph } from '../supergraph.ts';

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
    exchange: async (request) => JSON.stringify(await send(JSON.parse(request) as SubgraphRequest)),
    unusable: () => subrequestFailed('shops'),
    close: () => Promise.resolve(),
  };
  const here = { data: { _entities: [{ place: 'here' }] } };
  const maps = { ...shops, exchange: () => Promise.resolve(JSON.stringify(here)) };
  return { requests, fetches: new Map([['shops', shops], ['maps', maps]]) }; // prettier-ignore
}

const plan = createPlanner(graph);
const plannedFor = (query: string) => plan({ queryHash: query, document: parse(query), operationName: undefined });

/** The planner numbers the fetches of an operation in their names. */
function withoutNumber({ query, variables, operationName }: SubgraphRequest): unknown {
  return { query: query.replace(/__\d+/, ''), variables, operationName: operationName?.replace(/__\d+$/, '') };
}

async function bothWays(
  query: string,
  variables: Record<string, unknown>,
  change = (answer: SubgraphAnswer) => answer,
) {
  const ours = fetchesThrough(change);
  const document = parse(query);
  const operation = getOperationAST(document)!;
  const executor = createExecutor({ graph, fetches: ours.fetches });
  const oursResult = await executor.execute({ queryHash: query, document, operation, variables, context });

  const gateway = fetchesThrough(change);
  const planned = plannedFor(query);
  const services = Object.fromEntries(
    [...gateway.fetches].map(([name, { exchange }]) => [
      name,
      {
        async process({ request }: { request: object }) {
          const use = { repeatable: false, shareable: false };
          return JSON.parse(await exchange(JSON.stringify(request), context, use)) as SubgraphAnswer;
        },
      },
    ]),
  );
  const gatewayResult = await executeQueryPlan(
    planned.plan,
    services,
    { request: { variables }, context, metrics: {}, logger: log } as never,
    buildOperationContext({ schema: graph.schema, operationDocument: planned.document }),
    graph.fullSchema,
    graph.apiSchema,
  );
  return {
    ours: oursResult.data,
    theirs: JSON.stringify(gatewayResult.data),
    ourPlaces: places(oursResult),
    theirPlaces: places(gatewayResult),
    gatewayHasErrors: gatewayResult.errors !== undefined,
    ourRequests: ours.requests.map(withoutNumber),
    theirRequests: gateway.requests.map(withoutNumber),
  };
}

/**
 * The places of what went wrong, without indices: of a list that can't have a null, we tell the first one only, as graphql-js
 * does. Where the gateway only notes it in an extension (and not even that beside errors), the specification has an error.
 */
function places({ errors = [], extensions }: Pick<ExecutionResult, 'errors' | 'extensions'>): string[] {
  const noted = (extensions?.['valueCompletion'] ?? []) as NonNullable<ExecutionResult['errors']>;
  const paths = [...errors, ...noted].map(({ path = [] }) => path.filter((part) => typeof part === 'string').join('.'));
  return [...new Set(paths)].toSorted();
}

const operations: [query: string, variables?: Record<string, unknown>][] = [
  ['{ shop { id name kind since score open } }'],
  ['{ b: shop { n: name id } a: shop(name: "nobody") { id } counts }'],
  ['query Q($n: String) { shop(name: $n) { name } }', { n: 'x', unused: 1 }],
  ['query Q($n: String = "by default") { shop(name: $n) { name } }'],
  ['query Q($n: String) { shop(name: $n) { name } }', { n: null }],
  ['{ shops { ...F ... on Shop { name } id } } fragment F on Shop { kind next { id } next { name } }'],
  ['{ shop { staff { name } next { id } } shop { next { open name } staff { age } } }'],
  ['{ shop { __typename t: __typename staff { t: __typename } } }'],
  ['{ shop { __typename staff { __typename name } } }'],
  ['{ none { name } }'],
  ['{ any { name } }'],
  ['{ any { name ... on Person { age } } }'],
  ['{ shop { ... on Named { name } id } }'],
  ['{ shop(name: "bad") { next { must { id } } must { id } } }'],
  ['{ broken shop { id } }'],
  ['mutation M($i: Opening!) { open(input: $i) { id kind } }', { i: { name: 'é"', tags: ['a'], inner: { name: 'b' } } }],
  ['mutation M($i: Opening!) { a: open(input: $i) { id } b: open(input: $i) { name } }', { i: { name: 'x' } }],
  ['mutation M($i: Opening!) { open(input: $i) { must { must { name } } } }', { i: { name: 'bad' } }],
  ['query Q($with: Boolean!) { shop { id name @include(if: $with) kind @skip(if: $with) } }', { with: true }],
  ['query Q($with: Boolean = false) { shop { id ... @include(if: $with) { name } } }'],
  ['query Q($with: Boolean!) { shop @skip(if: $with) { id } }', { with: true }],
  ['{ __typename shop { id } }'],
  ['{ __typename }'],
  ['{ __schema { queryType { name } } shop { id } }'],
  ['{ __type(name: "Shop") { name } shop { id } }'],
  ['{ shop { id place } }'],
]; // prettier-ignore

/** What a subgraph could get wrong, each to be answered as the gateway way answers it. */
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
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spoilt(value: unknown, fault: (typeof faults)[string], key = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => spoilt(each, fault, key));
  if (!isObject(value)) return fault(value, key);
  return fault(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, spoilt(each, fault, name)])), key);
}

describe.each(Object.keys(faults))('a subgraph that answers with %s', (name) => {
  it.each(operations)('is answered as the gateway answers it: %s', async (query, variables = {}) => {
    const { ours, theirs, ourPlaces, theirPlaces, gatewayHasErrors, ourRequests, theirRequests } = await bothWays(
      query,
      variables,
      (answer) => ({
        ...answer,
        ...(answer.data && { data: spoilt(answer.data, faults[name]!) as Record<string, unknown> }),
      }),
    );
    expect(ours).toBe(theirs);
    if (gatewayHasErrors) expect(ourPlaces).toEqual(expect.arrayContaining(theirPlaces));
    else expect(ourPlaces).toEqual(theirPlaces);
    expect(ourRequests).toEqual(theirRequests);
  });
});
