import { composeServices } from '@apollo/composition';
import { getOperationAST, parse, validate, type GraphQLError } from 'graphql';
import { createCostRule } from './cost.ts';
import type { RequestContext } from '../request-context.ts';
import { loadSupergraph, type LoadedSupergraph } from '../supergraph.ts';

function graphOf(sdl: string, imports = '"@cost", "@listSize"'): LoadedSupergraph {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", ${imports}])\n`;
  const { supergraphSdl, errors } = composeServices([{ name: 'a', url: 'http://a.test', typeDefs: parse(link + sdl) }]);
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? []);
  return loadSupergraph(supergraphSdl);
}

const graph = graphOf(`
  type Query {
    book: Book
    books: [Book!]!
    paged(first: Int = 7): [Book] @listSize(slicingArguments: ["first"], assumedSize: 100, requireOneSlicingArgument: false)
    strict(first: Int, last: Int): [Book] @listSize(slicingArguments: ["first", "last"])
    assumed: [Book] @listSize(assumedSize: 3)
    page(first: Int!): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"])
    dear: Int @cost(weight: 30)
    search(text: String @cost(weight: 4), filter: Filter, kinds: [Kind!]): [Found]
    money: Money
    thing: Thing
  }
  type Mutation { write(input: Filter): Book }
  type Subscription { written: Book }
  type Page { items: [Book] total: Int }
  type Book { title: String author: Author similar: [Book] pages: Int @cost(weight: 2) }
  type Author @cost(weight: 5) { name: String book: Book }
  type Film implements Thing { length: Int director: Author rated: Int @cost(weight: 9) }
  type Song implements Thing { length: Int singer: Author composer: Author rated: Int }
  interface Thing { length: Int rated: Int }
  union Found = Book | Film
  enum Kind @cost(weight: 3) { NEW OLD }
  scalar Money @cost(weight: 8)
  input Filter { text: String  depth: Int @cost(weight: 6)  and: [Filter!]  kind: Kind }
`);

/** What an operation costs: the least maximum that lets it through, found by asking. */
function costOf(query: string, variables?: Record<string, unknown>, listSize = 10): number {
  const document = parse(query);
  expect(validate(graph.schema, document)).toEqual([]);
  // A maximum that nothing fits gets the cost out of the refusal.
  const refusal = refusalOf(query, variables, { max: 0, listSize });
  return refusal === undefined ? 0 : Number(refusal.extensions['actual']);
}

function refusalOf(
  query: string,
  variables: Record<string, unknown> | undefined,
  settings: { max: number; listSize: number },
  of = graph,
): GraphQLError | undefined {
  const document = parse(query);
  const [rule] = createCostRule(of, settings);
  const prepared = rule!.prepare({ document, operation: getOperationAST(document)!, schema: of.schema });
  return typeof prepared === 'function' ? prepared({ variables, context: {} as RequestContext }) : prepared;
}

describe('the cost of an operation', () => {
  it.each([
    ['scalars are free, objects cost 1', '{ book { title } }', 1],
    ['typename and introspection are free', '{ __typename __schema { types { name } } }', 0],
    ['a list costs its items, and what is in them', '{ books { title author { name } } }', 10 * (1 + 5)],
    ['lists in lists', '{ books { similar { title } } }', 10 * (1 + 10)],
    ['a weight of a field', '{ dear book { pages } }', 30 + 1 + 2],
    ['a weight of a type', '{ money book { author { name } } }', 8 + 1 + 5],
    ['a mutation', 'mutation { write { title } }', 10 + 1],
    ['a subscription', 'subscription { written { title } }', 1],
    ['an assumed size', '{ assumed { title } }', 3],
    ['a given size', '{ paged(first: 2) { title } }', 2],
    ["the argument's default, before the assumed size", '{ paged { title } }', 7],
    ['sized fields, not the field itself', '{ page(first: 4) { total items { title } } }', 1 + 4],
    ['sized fields in a fragment', '{ page(first: 4) { ...P } } fragment P on Page { items { title } }', 1 + 4],
    ['an argument', '{ search(text: "x") { __typename } }', 10 + 4],
    ['an input object', '{ search(filter: { text: "x", depth: 2 }) { __typename } }', 10 + 1 + 6],
    [
      'input objects in lists',
      '{ search(filter: { and: [{ depth: 1 }, { kind: NEW }] }) { __typename } }',
      10 + 1 + 7 + 4,
    ],
    ['enums in a list', '{ search(kinds: [NEW, OLD]) { __typename } }', 10 + 3 + 3],
    ['the dearest of several types', '{ search { ... on Book { author { name } } ... on Film { length } } }', 10 * 6],
    [
      'the dearest, both on one type',
      '{ thing { ... on Song { singer { name } } ... on Song { composer { name } } ... on Film { director { name } } } }',
      1 + 5 + 5,
    ],
    ['a field of an interface: what the dearest type asks', '{ thing { rated } }', 1 + 9],
    ['a fragment on the interface of a type', '{ search { ... on Thing { rated } } }', 10 * (1 + 9)],
    ['what is skipped for good', '{ book @skip(if: true) { title } dear @include(if: false) }', 0],
  ])('%s', (_what, query, cost) => {
    expect(costOf(query)).toBe(cost);
  });

  it.each([
    ['a size in a variable', 'query ($n: Int) { paged(first: $n) { title } }', { n: 20 }, 20],
    ['its default', 'query ($n: Int = 6) { paged(first: $n) { title } }', {}, 6],
    ['null, as if it were absent', 'query ($n: Int = 6) { paged(first: $n) { title } }', { n: null }, 7],
    ['what is no number', 'query ($n: Int) { paged(first: $n) { title } }', { n: 'many' }, 7],
    ['a negative number', 'query ($n: Int) { paged(first: $n) { title } }', { n: -5 }, 7],
    ['more than fits', 'query ($n: Int) { paged(first: $n) { title } }', { n: 1e300 }, Number.MAX_SAFE_INTEGER],
    ['an included field', 'query ($w: Boolean!) { dear @include(if: $w) book { title } }', { w: true }, 31],
    ['a skipped field', 'query ($w: Boolean!) { dear @skip(if: $w) book { title } }', { w: true }, 1],
    [
      'an input object',
      'query ($f: Filter) { search(filter: $f) { __typename } }',
      { f: { depth: 1, and: [{ kind: 'NEW' }] } },
      10 + 1 + 6 + 1 + 3,
    ],
    [
      'a variable inside of an input object',
      'query ($d: Int) { search(filter: { depth: $d }) { __typename } }',
      { d: 1 },
      17,
    ],
    ['a list', 'query ($k: [Kind!]) { search(kinds: $k) { __typename } }', { k: ['NEW', 'OLD', 'NEW'] }, 19],
    ['sized fields', 'query ($n: Int!) { page(first: $n) { items { similar { title } } } }', { n: 2 }, 1 + 2 * 11],
  ])('depends on variables: %s', (_what, query, variables, cost) => {
    expect(costOf(query, variables)).toBe(cost);
  });

  it('takes the list size from the setting', () => {
    expect(costOf('{ books { title } }', undefined, 3)).toBe(3);
  });

  it('is refused above the maximum, with both numbers, and let through at it', () => {
    expect(refusalOf('{ books { title } }', undefined, { max: 10, listSize: 10 })).toBeUndefined();
    const refusal = refusalOf('{ books { title } }', undefined, { max: 9, listSize: 10 });
    expect(refusal?.message).toBe('The operation costs 10 points; at most 9 are allowed.');
    expect(refusal?.extensions).toMatchObject({ code: 'OPERATION_COST_EXCEEDED', actual: 10, allowed: 9 });
  });

  it.each([
    ['none', '{ strict { title } }', undefined],
    ['two', '{ strict(first: 1, last: 1) { title } }', undefined],
    ['none in the variables', 'query ($f: Int, $l: Int) { strict(first: $f, last: $l) { title } }', { f: null }],
  ])('needs exactly one slicing argument where the graph says so: %s', (_what, query, variables) => {
    expect(refusalOf(query, variables, { max: 100, listSize: 10 })?.extensions).toMatchObject({
      code: 'OPERATION_SLICING_ARGUMENT_REQUIRED',
    });
    const one = 'query ($f: Int, $l: Int) { strict(first: $f, last: $l) { title } }';
    expect(refusalOf(one, { l: 3 }, { max: 3, listSize: 10 })).toBeUndefined();
  });

  it('knows the directives by the names under which they are imported', () => {
    const renamed = graphOf(
      'type Query { a: [Int] @price(weight: 2) @long(assumedSize: 5) }',
      '{ name: "@cost", as: "@price" }, { name: "@listSize", as: "@long" }',
    );
    expect(refusalOf('{ a }', undefined, { max: 9, listSize: 1 }, renamed)?.extensions).toMatchObject({ actual: 10 });
  });

  it('is computed in no time for fragments that double each other sixty times, also when it depends on variables', () => {
    const doubling = Array.from(
      { length: 60 },
      (_, index) =>
        `fragment F${index} on Author { one: book { author { ...F${index + 1} } } two: book { author { ...F${index + 1} } } }`,
    ).join(' ');
    const last = 'fragment F60 on Author { book { similar { title } author { name @include(if: $w) } } }';
    const query = `query ($w: Boolean!, $n: Int) { paged(first: $n) { author { ...F0 } } } ${doubling} ${last}`;
    expect(refusalOf(query, { w: true, n: 1 }, { max: 1e9, listSize: 10 })?.extensions).toMatchObject({
      actual: Number.MAX_SAFE_INTEGER,
    });
    expect(refusalOf(query, { w: true, n: 0 }, { max: 1e9, listSize: 10 })).toBeUndefined();
  });

  it('is not looked at where there is no maximum', () => {
    expect(createCostRule(graph, { max: null, listSize: 10 })).toEqual([]);
  });
});
