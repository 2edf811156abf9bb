import { buildSubgraphSchema } from '@apollo/subgraph';
import { subrequestFailed } from '@cafe-for-me/router/errors';
import {
  execute,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isLeafType,
  Kind,
  parse,
  subscribe,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { underFault } from './faults.ts';
import type { Fixture } from './fixture.ts';
import { compute, type Reader } from './reader.ts';
import type { Run } from './run.ts';
import type { SubgraphSdl } from './sdl.ts';
import { rawValue, type Source } from './world.ts';

export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/** A federated service in this process. */
export interface ConformanceSubgraph {
  readonly schema: GraphQLSchema;
  answer(request: SubgraphRequest, run: Run): Promise<ExecutionResult>;
  events(request: SubgraphRequest, run: Run): Promise<AsyncIterable<ExecutionResult>>;
}

interface Parts {
  readonly name: string;
  readonly sdl: SubgraphSdl;
  readonly fixture: Fixture;
  readonly reader: Reader;
  /** The whole supergraph, which says what types there are beyond this subgraph. */
  readonly supergraph: GraphQLSchema;
}

/** What makes an entity of another subgraph's: the keys say which row it is. */
function findEntity({ name, sdl, reader, supergraph }: Parts, type: string, given: Record<string, unknown>, run: Run) {
  const known = supergraph.getType(type);
  const types = isAbstractType(known) ? supergraph.getPossibleTypes(known).map((one) => one.name) : [type];
  const found = run.world.all(types).find((source) => {
    const hidden = source.row['$hiddenIn'] as readonly string[] | undefined;
    if (hidden?.includes(name) === true) return false;
    const keys = sdl.keys.get(type) ?? [];
    return keys.some((key) => includes(given, reader.select(run.world, source, key)));
  });
  return found === undefined ? null : { ...found, given };
}

/** Whether all of `key` stands in `given`; what is null is like nothing. */
function includes(given: unknown, key: unknown): boolean {
  if (given === null || key === null) return false;
  if (typeof given !== 'object' || typeof key !== 'object') return given === key;
  const [all, wanted] = [given as Record<string, unknown>, key as Record<string, unknown>];
  return Object.entries(wanted).every(([name, value]) => includes(all[name] ?? null, value ?? null));
}

function resolversOf(parts: Parts): Record<string, Record<string, unknown>> {
  const { name, sdl, fixture, supergraph } = parts;

  function resolve(given: Source | undefined, args: object, run: Run, info: GraphQLResolveInfo): unknown {
    const source = given ?? run.world.root(info.operation.operation, info.parentType.name);
    const { fieldName } = info;
    return underFault(run.faults(source, fieldName, args), function read() {
      const coordinate = `${info.parentType.name}.${fieldName}`;
      let value: unknown;
      if (sdl.requires.has(coordinate)) {
        if (source.given === undefined) throw new GraphQLError(`${coordinate} was asked without what it requires.`);
        value = compute(fixture, coordinate, source.given, args);
      } else {
        value = rawValue(source, fieldName, args, name);
      }
      const type = getNamedType(info.returnType);
      return isLeafType(type) ? value : run.world.sources(value, type.name, source, `${source.id}.${fieldName}`);
    });
  }

  async function* eventsOf(_source: unknown, _args: object, run: Run, info: GraphQLResolveInfo) {
    for (const event of run.world.data.subscription?.[info.fieldName] ?? []) yield event;
  }

  function resolveEvent(event: unknown, _args: object, run: Run, info: GraphQLResolveInfo): unknown {
    const type = getNamedType(info.returnType);
    const root = run.world.root('subscription', info.parentType.name);
    return isLeafType(type) ? event : run.world.sources(event, type.name, root, `${root.id}.${info.fieldName}`);
  }

  const resolvers: Record<string, Record<string, unknown>> = {};
  const subscription = supergraph.getSubscriptionType()?.name;
  for (const { kind, name: typeName, fields = [] } of sdl.types) {
    const type = typeName.value;
    const ofType: Record<string, unknown> = {};
    if (kind === Kind.OBJECT_TYPE_DEFINITION) {
      const one = type === subscription ? { subscribe: eventsOf, resolve: resolveEvent } : resolve;
      for (const field of fields) ofType[field.name.value] = one;
    }
    if (sdl.keys.has(type)) {
      ofType['__resolveReference'] = (given: Record<string, unknown>, run: Run) => findEntity(parts, type, given, run);
    }
    resolvers[type] = ofType;
  }
  for (const type of sdl.abstractTypes) {
    resolvers[type] = { ...resolvers[type], __resolveType: (source: Source) => source.type };
  }
  return resolvers;
}

export function createSubgraph(parts: Parts): ConformanceSubgraph {
  const resolvers = resolversOf(parts);
  const schema = buildSubgraphSchema({ typeDefs: parts.sdl.document, resolvers: resolvers as never });
  const known = new Map<string, DocumentNode | readonly GraphQLError[]>();

  /** A document that the subgraph does not understand is an error of the planner or of the executor. */
  function understand(query: string): DocumentNode | readonly GraphQLError[] {
    let result = known.get(query);
    if (result === undefined) {
      const document = parse(query);
      const errors = validate(schema, document);
      result = errors.length > 0 ? errors : document;
      known.set(query, result);
    }
    return result;
  }

  return {
    schema,
    async answer({ query, variables }, run) {
      run.reached.add(parts.name);
      await run.late();
      if (run.down.has(parts.name)) {
        if (run.refusing) return { data: null, errors: [new GraphQLError('not now')] };
        throw subrequestFailed(parts.name);
      }
      const document = understand(query);
      if (!('kind' in document)) return { errors: document };
      return execute({ schema, document, variableValues: variables, contextValue: run });
    },
    async events({ query, variables }, run) {
      const document = understand(query);
      if (!('kind' in document)) throw new AggregateError(document, 'not understood');
      const events = await subscribe({ schema, document, variableValues: variables, contextValue: run });
      if (!(Symbol.asyncIterator in events)) throw new AggregateError(events.errors ?? [], 'refused');
      return events;
    },
  };
}
