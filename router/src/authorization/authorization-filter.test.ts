import {
  executeSync,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  print,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type OperationDefinitionNode,
} from 'graphql';
import { completeAnswer, deniedPaths } from './authorization-answer.ts';
import { filterOperation, needsOf, partsOf } from './authorization-filter.ts';
import { readAuthorizationRules } from './authorization-rules.ts';
import { federate } from '../testing/federation.ts';
import { randomFrom, randomOperation } from '../testing/random-operation.ts';

const { graph } = federate({
  a: [
    `type Query {
      node: Node  nodes: [Node!]!  grid: [[Node!]]  us: [U]  one: One  two: Two!  must: Int! @requiresScopes(scopes: [["must"]])
      plain: String  kind: Kind
    }
    interface Node { id: ID!  label: String  friend: Node  peers: [Node!]  must: Int! }
    type One implements Node {
      id: ID!  label: String  friend: Node  peers: [Node!]  must: Int!
      own: Int! @requiresScopes(scopes: [["own"]])  kind: Kind  us: [U!]
    }
    type Two implements Node @requiresScopes(scopes: [["two"]]) {
      id: ID!  label: String  friend: Node  peers: [Node!]  must: Int! @requiresScopes(scopes: [["must"], ["all"]])  one: One!
    }
    type Three implements Node {
      id: ID!  label: String @authenticated  friend: Node @requiresScopes(scopes: [["friend"]])  peers: [Node!]  must: Int!
    }
    type Four { name: String!  one: One! @requiresScopes(scopes: [["four"]])  u: U }
    union U = One | Two | Four
    enum Kind @requiresScopes(scopes: [["kind"]]) { K }`,
  ],
});
const { schema } = graph;
const rules = readAuthorizationRules(graph.supergraph.schema)!;
const everyClause = rules.clauses.map((_clause, id) => id);

/** What the fields answer: something that only their path (and the salt before it) decides, so that two executions find the same. */
function valueAt(type: GraphQLOutputType, path: string, nullable = true): unknown {
  const random = randomFrom(Buffer.from(path).reduce((sum, byte) => (sum * 31 + byte) | 0, 7));
  if (isNonNullType(type)) return valueAt(type.ofType, path, false);
  if (nullable && random.chance(0.15)) return null;
  if (isListType(type)) {
    const length = random.below(3);
    return Array.from({ length }, (_item, index) => valueAt(type.ofType, `${path}.${index}`));
  }
  if (isAbstractType(type)) return { __typename: random.pick(schema.getPossibleTypes(type)).name };
  if (isObjectType(type)) return { __typename: type.name };
  return { Int: 1, String: path, ID: path, Kind: 'K' }[getNamedType(type).name];
}

function pathOf({ path }: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let at: typeof path | undefined = path; at !== undefined; at = at.prev) keys.unshift(at.key);
  return keys.join('.');
}

interface Asked {
  document: DocumentNode;
  variables: Record<string, unknown>;
  /** Other data for another one. */
  salt: number;
}

function run({ document, variables, salt }: Asked, visit: (info: GraphQLResolveInfo) => void) {
  return executeSync({
    schema,
    document,
    variableValues: variables,
    fieldResolver: (_source, _args, _context, info) => {
      visit(info);
      return valueAt(info.returnType, `${salt}.${pathOf(info)}`);
    },
    typeResolver: (value) => (value as { __typename: string }).__typename,
  });
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
const sorted = (paths: readonly (readonly (string | number)[])[]) => paths.map((path) => path.join('.')).toSorted();

/** An operation, executed for a caller who lacks `unmet`: by way of filtering, and with fields that refuse by themselves. */
function compared(asked: Asked, unmet: readonly number[]) {
  const { document, variables } = asked;
  const operation = document.definitions[0] as OperationDefinitionNode;
  const parts = partsOf(schema, document, operation);
  const needs = needsOf(rules, parts);
  if (needs === undefined) return undefined;
  const filtered = filterOperation(parts, needs, unmet);
  const denied = { parts, filtered, variables };

  const leaked: string[] = [];
  function noteLeak({ parentType, fieldName, returnType }: GraphQLResolveInfo): void {
    const needed = [
      rules.ofType(parentType.name),
      rules.ofField(parentType.name, fieldName),
      rules.ofType(isAbstractType(getNamedType(returnType)) ? '' : getNamedType(returnType).name),
    ].flat();
    if (needed.some((id) => unmet.includes(id))) leaked.push(`${parentType.name}.${fieldName}`);
  }
  const rest: ExecutionResult =
    filtered.document === undefined ? { data: {} } : run({ ...asked, document: filtered.document }, noteLeak);
  const ours = completeAnswer(denied, asJson(rest.data) as never);
  const refusing = run(asked, ({ fieldNodes }) => {
    if (fieldNodes.some((node) => filtered.denied.has(node))) throw new GraphQLError('denied');
  });
  return { ours, refusing, leaked, restErrors: rest.errors, filtered, everywhere: deniedPaths(denied) };
}

describe('an operation of which a caller may not have everything', () => {
  it('is answered as if each denied field refused by itself, and none of them is asked for', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seed);
    let tried = 0;
    while (tried < 500) {
      const text = randomOperation(schema, random);
      const document = parse(text);
      if (validate(schema, document).some(({ message }) => !message.includes('never used'))) continue;
      const unmet = everyClause.filter(() => random.chance(0.4));
      const result = compared(
        { document, variables: { yes: true, no: random.chance(0.5) }, salt: random.below(1e6) },
        unmet,
      );
      if (result === undefined) continue;
      tried += 1;
      const { ours, refusing, leaked, restErrors, filtered, everywhere } = result;
      const refused = sorted((refusing.errors ?? []).map(({ path }) => path!));
      const told = new Set(sorted(ours.denied));
      // One comparison: a difference is shown with all that it takes to find it again.
      const place = { seed, text, unmet, left: filtered.document && print(filtered.document) };
      expect({
        ...place,
        leaked,
        restErrors,
        data: JSON.stringify(ours.data),
        untold: refused.filter((path) => !told.has(path)),
      }).toEqual({ ...place, leaked: [], restErrors: undefined, data: JSON.stringify(refusing.data), untold: [] });
      // What is told beyond that is nowhere in the answer.
      expect(ours.denied.length - refused.length).toBeLessThanOrEqual(everywhere.length);
    }
  });
});

describe('what is left of an operation', () => {
  const filteredText = (text: string, lacking: readonly string[]) => {
    const document = parse(text);
    expect(validate(schema, document)).toEqual([]);
    const unmet = everyClause.filter((id) => {
      const clause = rules.clauses[id]!;
      return lacking.includes(clause.kind === 'authenticated' ? 'token' : clause.anyOf.flat().join());
    });
    const parts = partsOf(schema, document, document.definitions[0] as OperationDefinitionNode);
    const needs = needsOf(rules, parts);
    const left = needs && filterOperation(parts, needs, unmet).document;
    return left && print(left).replaceAll(/\s+/g, ' ').trim();
  };

  it('lacks the denied fields, aliases and all', () => {
    expect(filteredText('{ plain a: one { id b: own c: own } }', ['own'])).toBe('{ plain a: one { id } }');
  });

  it('keeps an object of which nothing is left, because it may be null', () => {
    expect(filteredText('{ one { own } }', ['own'])).toBe('{ one { __typename } }');
  });

  it('is nothing when no field of the root is left', () => {
    expect(filteredText('{ must kind }', ['must', 'kind'])).toBeUndefined();
  });

  it('lacks what returns a denied type: an object, an enum', () => {
    expect(filteredText('{ plain two { id } one { id kind } }', ['two', 'kind'])).toBe('{ plain one { id } }');
  });

  it('lacks what stands in a fragment on a denied type, but not the name of the type', () => {
    expect(filteredText('{ us { __typename ... on Two { __typename id } ... on Four { name } } }', ['two'])).toBe(
      '{ us { runtimeType: __typename __typename ... on Two { __typename } ... on Four { name } } }',
    );
  });

  it('lacks an interface’s field that one of its types denies', () => {
    expect(filteredText('{ us { ... on Node { id label } } }', ['token'])).toBe(
      '{ us { runtimeType: __typename ... on Node { id } } }',
    );
  });

  it('has only the fragments that it still uses', () => {
    const text = `query Q($skip: Boolean!) { plain ...A ...B @skip(if: $skip) }
      fragment A on Query { kind ...C }  fragment B on Query { one { own id } }  fragment C on Query { must }`;
    expect(filteredText(text, ['own', 'kind', 'must'])).toBe(
      'query Q($skip: Boolean!) { plain ...B @skip(if: $skip) } fragment B on Query { one { id } }',
    );
  });

  it('tells types by a name that the client does not use', () => {
    expect(filteredText('{ us { runtimeType: __typename ... on One { runtimeType_: own id } } }', ['own'])).toBe(
      '{ us { runtimeType__: __typename runtimeType: __typename ... on One { id } } }',
    );
  });

  it('is found in a time that does not double with each fragment', () => {
    const fragments = Array.from(
      { length: 40 },
      (_, at) => `fragment F${at} on One { us { ...F${at + 1} ...F${at + 1} } }`,
    );
    const document =
      parse(`{ one { ...F0 } } ${fragments.join(' ').replaceAll('us {', 'us { ... on One {').replaceAll('} }', '} } }')}
      fragment F40 on One { own }`);
    const parts = partsOf(schema, document, document.definitions[0] as OperationDefinitionNode);
    const filtered = filterOperation(parts, needsOf(rules, parts)!, everyClause);
    expect(filtered.denied.size).toBe(1);
    expect([...filtered.denied].map(({ name }: FieldNode) => name.value)).toEqual(['own']);
    expect(deniedPaths({ parts, filtered, variables: {} })).toEqual([['one', 'us']]);
  });
});
