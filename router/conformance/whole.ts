import { setImmediate } from 'node:timers/promises';
import {
  buildSchema,
  execute,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  printSchema,
  subscribe,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { underFault } from './faults.ts';
import type { Reader } from './reader.ts';
import { pathOf, type Run } from './run.ts';
import type { Source } from './world.ts';

/** The schema that clients see, executed by graphql-js as if there were no subgraphs. */
export interface Whole {
  readonly schema: GraphQLSchema;
  execute(document: DocumentNode, variables: Readonly<Record<string, unknown>>, run: Run): Promise<ExecutionResult>;
  events(
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    run: Run,
  ): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
}

export function createWhole(apiSchema: GraphQLSchema, reader: Reader): Whole {
  const schema = buildSchema(printSchema(apiSchema));
  const subscription = schema.getSubscriptionType();
  let running = 0;

  /** Asynchronous, and so are the items of lists: else a field that fails would keep its siblings from being looked at. */
  async function resolve(given: Source | undefined, args: object, run: Run, info: GraphQLResolveInfo) {
    const source = given ?? run.world.root(info.operation.operation, info.parentType.name);
    running += 1;
    try {
      await run.late();
      const { fieldName } = info;
      const fault = run.faults(source, fieldName, args);
      const value = underFault(fault, () => reader.read(run.world, source, fieldName, args));
      noteNulls(value, info.returnType, pathOf(info), run.failed);
      return promised(value);
    } catch (error) {
      run.failed.add(JSON.stringify(pathOf(info)));
      throw error;
    } finally {
      running -= 1;
    }
  }

  async function* eventsOf(_source: unknown, _args: object, run: Run, info: GraphQLResolveInfo) {
    for (const event of run.world.data.subscription?.[info.fieldName] ?? []) yield event;
  }

  function resolveEvent(event: unknown, _args: object, run: Run, info: GraphQLResolveInfo): unknown {
    const root = run.world.root('subscription', info.parentType.name);
    return reader.read(run.world, { ...root, row: { [info.fieldName]: event } }, info.fieldName, {});
  }

  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) type.resolveType = (source: Source) => source.type;
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (type === subscription) Object.assign(field, { subscribe: eventsOf, resolve: resolveEvent });
      else field.resolve = resolve;
    }
  }

  return {
    schema,
    async execute(document, variables, run) {
      const result = await execute({ schema, document, variableValues: variables, contextValue: run });
      // What was begun beside a field that failed ends, too.
      do await setImmediate();
      while (running > 0);
      return result;
    },
    async events(document, variables, run) {
      return subscribe({ schema, document, variableValues: variables, contextValue: run });
    },
  };
}

function promised(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => Promise.resolve(promised(item))) : value;
}

function noteNulls(value: unknown, type: GraphQLOutputType, path: (string | number)[], failed: Set<string>): void {
  const isNull = value === null || value === undefined;
  if (isNonNullType(type)) {
    if (isNull) failed.add(JSON.stringify(path));
    else noteNulls(value, type.ofType, path, failed);
  } else if (isListType(type) && Array.isArray(value)) {
    value.forEach((item, index) => noteNulls(item, type.ofType, [...path, index], failed));
  }
}
