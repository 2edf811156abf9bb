import {
  executeSync,
  getNamedType,
  getOperationAST,
  GraphQLError,
  isListType,
  isNonNullType,
  isObjectType,
  isAbstractType,
  parse,
  validate,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
} from 'graphql';
import { filterOperation, needsOf, partsOf } from './authorization-filter.ts';
import { readAuthorizationRules } from './authorization-rules.ts';
import { authorizationSettings } from './authorization-settings.ts';
import { authorized } from './authorization.ts';
import type { Caller } from './identity.ts';
import { federate } from '../testing/federation.ts';
import { randomFrom, randomOperation } from '../testing/random-operation.ts';
import type { AnyData } from '../testing/router.ts';
import { createLogger } from '@cafe-for-me/lib/log';

/** What an abstract field may turn out to be, by field: subgraphs know different members of the union. */
const candidates: Readonly<Record<string, readonly string[]>> = { us: ['One', 'Four'], u: ['One', 'Two', 'Four'] };

/** What a field of an object answers: something that only its id and the field's name decide, whoever is asked. */
function valueOf(type: GraphQLOutputType, id: string, field: string, nullable = true, index = 0): unknown {
  const random = randomFrom(Buffer.from(`${id}.${field}.${index}`).reduce((sum, byte) => (sum * 31 + byte) | 0, 7));
  if (isNonNullType(type)) return valueOf(type.ofType, id, field, false, index);
  if (nullable && random.chance(0.15)) return null;
  if (isListType(type)) {
    return Array.from({ length: random.below(3) }, (_item, at) => valueOf(type.ofType, id, field, true, at + 1));
  }
  const { name } = getNamedType(type);
  const names = isAbstractType(type) ? (candidates[field] ?? ['One', 'Two', 'Three']) : [name];
  const picked = random.pick(names);
  if (isAbstractType(type) || isObjectType(type)) return { __typename: picked, id: `${picked}${random.below(3)}` };
  return { Int: 1, String: `${id}.${field}`, Kind: 'K' }[name] ?? id;
}

const resolved: { type: string; field: string }[] = [];

function resolve(source: { id?: string } | undefined, _args: unknown, _context: unknown, info: GraphQLResolveInfo) {
  const { parentType, fieldName, returnType } = info;
  resolved.push({ type: parentType.name, field: fieldName });
  const id = source?.id ?? 'root';
  return fieldName === 'id' ? id : valueOf(returnType, id, fieldName);
}

/** Resolvers of the fields, and of the entities with their id only. */
function resolvers(fields: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(fields).map(([type, names]) => [
      type,
      {
        ...Object.fromEntries(names.split(' ').map((name) => [name, resolve])),
        ...(type !== 'Query' && { __resolveReference: ({ id }: { id: string }) => ({ id }) }),
      },
    ]),
  );
}

const typed = {
  __resolveType: (value: { __typename?: string; id: string }) => value.__typename ?? value.id.slice(0, -1),
};

const { graph, executor } = federate({
  a: [
    `type Query {
      node: Node  nodes: [Node!]!  us: [U]  one: One  two: Two!  must: Int! @requiresScopes(scopes: [["must"]])  plain: String
    }
    interface Node @key(fields: "id") { id: ID!  label: String  friend: Node  peers: [Node!] }
    type One implements Node @key(fields: "id") { id: ID!  label: String  friend: Node  peers: [Node!] }
    type Two implements Node @key(fields: "id") @requiresScopes(scopes: [["two"]]) {
      id: ID!  label: String  friend: Node  peers: [Node!]  one: One!
    }
    type Three implements Node @key(fields: "id") {
      id: ID!  label: String @authenticated  friend: Node @requiresScopes(scopes: [["friend"]])  peers: [Node!]
    }
    type Four @key(fields: "id") { id: ID!  name: String!  u: U }
    union U = One | Two | Four`,
    {
      ...resolvers({
        Query: 'node nodes us one two must plain',
        One: 'id label friend peers',
        Two: 'id label friend peers one',
        Three: 'id label friend peers',
        Four: 'id name u',
      }),
      Node: { ...typed, __resolveReference: ({ id }: { id: string }) => ({ id }) },
      U: typed,
    },
  ],
  b: [
    `type Query { late: One  fours: [Four!] @authenticated }
    type One @key(fields: "id") { id: ID!  own: Int! @requiresScopes(scopes: [["own"]])  kind: Kind  us: [U!] }
    type Two @key(fields: "id") { id: ID!  kind: Kind }
    type Three @key(fields: "id") {
      id: ID!  label: String @external  loud: String @requires(fields: "label") @authenticated  calm: Int
    }
    type Four @key(fields: "id") { id: ID!  one: One! @requiresScopes(scopes: [["four"]]) }
    union U = One | Four
    enum Kind @requiresScopes(scopes: [["kind"]]) { K }`,
    {
      ...resolvers({
        Query: 'late fours',
        One: 'id own kind us',
        Two: 'id kind',
        Three: 'id loud calm',
        Four: 'id one',
      }),
      U: typed,
    },
  ],
  c: [
    `type Query { c: Int }
    type Node @key(fields: "id") @interfaceObject { id: ID!  likes: Int!  hearts: Int @authenticated }`,
    resolvers({ Query: 'c', Node: 'id likes hearts' }),
  ],
});
const { schema } = graph;
const rules = readAuthorizationRules(graph.supergraph.schema)!;
const guarded = authorized(executor, {
  graph,
  settings: authorizationSettings.parse({}),
  log: createLogger({ service: 'router', level: 'silent' }),
});
const scopes = ['must', 'two', 'friend', 'own', 'kind', 'four'];

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

async function compared(text: string, variables: Record<string, unknown>, granted: readonly string[] | undefined) {
  const document = parse(text);
  const operation = getOperationAST(document)!;
  const claims = granted === undefined ? null : { scope: granted };
  const unmet = rules.clauses.flatMap((clause, id) => {
    if (granted === undefined) return [id];
    return clause.kind === 'authenticated' || clause.anyOf.some((set) => set.every((one) => granted.includes(one)))
      ? []
      : [id];
  });
  const caller: Caller = { claims, expiresAt: undefined, signed: () => undefined };
  const context = { requestId: 'r', traceparent: undefined, headers: {}, caller };
  resolved.length = 0;
  const { data, errors = [] } = await guarded.execute({ queryHash: text, document, operation, variables, context });
  const leaked = resolved.filter(({ type, field }) => {
    if (field === 'id') return false;
    const returned = getNamedType((graph.fullSchema.getType(type) as GraphQLObjectType).getFields()[field]!.type).name;
    return (
      [rules.ofType(type), rules.ofField(type, field), rules.ofType(returned)]
        .flat()
        // An interface object stands for one of the interface's types, and it is fetched for those that are allowed.
        .some((id) => unmet.includes(id) && !(type === 'Node' && rules.ofType(type).includes(id)))
    );
  });
  const parts = partsOf(schema, document, operation);
  const needs = needsOf(rules, parts);
  const denied = needs && filterOperation(parts, needs, unmet).denied;
  const refusing = executeSync({
    schema,
    document,
    variableValues: variables,
    fieldResolver(source: AnyData, args, contextValue, info) {
      if (info.fieldNodes.some((node) => denied?.has(node))) throw new GraphQLError('denied');
      return resolve(source, args, contextValue, info);
    },
    typeResolver: typed.__resolveType,
  });
  return { data: data === undefined ? undefined : JSON.parse(data), errors, leaked, refusing };
}

describe('an operation over several subgraphs, of which a caller may not have everything', () => {
  it('is answered as if each denied field refused by itself, and no subgraph resolves one', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seed);
    for (let tried = 0; tried < 150;) {
      const text = randomOperation(schema, random);
      if (validate(schema, parse(text)).some(({ message }) => !message.includes('never used'))) continue;
      tried += 1;
      const granted = random.chance(0.25) ? undefined : scopes.filter(() => random.chance(0.6));
      const variables = { yes: random.chance(0.5), no: random.chance(0.5) };
      const { data, errors, leaked, refusing } = await compared(text, variables, granted);
      const told = new Set(errors.map(({ path }) => path?.join('.')));
      // Of an answer that is null as a whole nothing was executed, and nothing is known.
      const refused = data === null ? [] : (refusing.errors ?? []).map(({ path }) => path?.join('.'));
      const place = { seed, text, variables, granted };
      expect({
        ...place,
        leaked,
        data: JSON.stringify(data),
        codes: errors.filter(({ extensions }) => extensions['code'] !== 'UNAUTHORIZED_FIELD_OR_TYPE'),
        untold: refused.filter((path) => !told.has(path)),
      }).toEqual({ ...place, leaked: [], data: JSON.stringify(asJson(refusing.data)), codes: [], untold: [] });
    }
  });
});
