import type { PlanNode } from '@apollo/query-planner';
import {
  isAbstractType,
  isInterfaceType,
  OperationTypeNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { onceEach } from '../errors.ts';
import type { SubgraphFetch } from '../subgraphs/fetch.ts';
import { prepareClientPaths } from './client-paths.ts';
import { prepareConditions } from './conditions.ts';
import { answerEnd, answerStart, WrittenAnswer, type Executed } from './executed.ts';
import { withPath } from './failures.ts';
import { prepareIntrospection, type Introspect } from './introspection.ts';
import { aboutFetches } from './fetches.ts';
import { asciiBytes, createJsonBytes } from './json-bytes.ts';
import { createOutput, settleNull, unexplained } from './output.ts';
import { tell, type Run } from './run.ts';
import { prepareCollectFields } from './selected-fields.ts';
import { prepareStep } from './steps.ts';
import { prepareObjectWriter, type WriteObject } from './writer.ts';

/** What an execution is prepared from. */
export interface ExecutionParts {
  /** What clients see, for the answer. */
  readonly schema: GraphQLSchema;
  /** All of the supergraph, for the plan: subgraphs know `@inaccessible` types. */
  readonly fullSchema: GraphQLSchema;
  /** By subgraph name. */
  readonly fetches: ReadonlyMap<string, SubgraphFetch>;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** The client's response names, by those that the planner got in their place. */
  readonly responseNames: ReadonlyMap<string, string>;
  /** What is to be fetched; undefined for nothing. */
  readonly node: PlanNode | undefined;
  /** Its runs have explanations, where each request is put down. @default false */
  readonly explains?: boolean;
}

/** One operation with its plan, ready to be executed any number of times. Never rejects. */
export type Execution = (run: Run) => Promise<Executed>;

/** How the answer is written while the variables of `@skip` and `@include` have certain values. */
interface Writing {
  readonly write: WriteObject;
  readonly introspect: Introspect | undefined;
}

/** All answers are written here, one after the other: writing never waits. */
const answers = createJsonBytes();
const start = asciiBytes(answerStart);
const end = asciiBytes(answerEnd);

/** Clients choose the values of the variables, so there could be many. */
const maxWritings = 64;

/**
 * Prepares all that does not depend on a request: the steps of the plan, and the writer of the answer.
 *
 * @throws Error when the plan has something in it that can't be executed
 */
export function prepareExecution(parts: ExecutionParts): Execution {
  const { schema, fullSchema, fetches, document, operation, responseNames, node, explains = false } = parts;
  const rootType = schema.getRootType(operation.operation);
  if (rootType == null) throw new Error(`The supergraph has no ${operation.operation} type.`);
  const toClientPath = prepareClientPaths(document, operation, responseNames);
  const conditions = prepareConditions(document, operation);
  const writings = new LRUCache<string, Writing>({ max: maxWritings });
  const step =
    node &&
    prepareStep(node, {
      fetches,
      explains,
      abstractTypes: new Set(
        Object.values(fullSchema.getTypeMap())
          .filter(isInterfaceType)
          .map(({ name }) => name),
      ),
      ...aboutFetches(node),
      isRead: operation.operation !== OperationTypeNode.MUTATION,
      isQuery: operation.operation === OperationTypeNode.QUERY,
      isTrue: (variable, { variables }) => conditions.isTrue(variable, variables),
      isOfType(name, condition) {
        if (name === condition) return true;
        const [type, conditionType] = [fullSchema.getType(name), fullSchema.getType(condition)];
        return (
          type !== undefined && isAbstractType(conditionType) && fullSchema.isSubType(conditionType, type as never)
        );
      },
    });

  function writingFor(key: string): Writing {
    const known = writings.get(key);
    if (known !== undefined) return known;
    const collectFields = prepareCollectFields(schema, document, conditions.valuesOf(key));
    const selectionSets = [operation.selectionSet];
    const writing = {
      write: prepareObjectWriter(rootType!, selectionSets, {
        schema,
        collectFields,
        responseName: (name) => responseNames.get(name) ?? name,
      }),
      introspect: prepareIntrospection(schema, document, operation, collectFields(rootType!, selectionSets)),
    };
    writings.set(key, writing);
    return writing;
  }

  function finish(run: Run): Executed {
    const { write, introspect } = writingFor(conditions.key(run.variables));
    if (introspect !== undefined) {
      const { data, errors = [] } = introspect(run.variables);
      Object.assign(run.data, data);
      for (const error of errors) tell(run, error);
    }
    answers.end = 0;
    answers.raw(start);
    const output = createOutput(answers, run.shared);
    if (!write(run.data, output)) {
      answers.end = start.length;
      answers.text('null');
      settleNull(output, 0);
    }
    answers.raw(end);
    const answer = answers.take();
    if (run.errors.length === 0 && output.problems.length === 0) return new WrittenAnswer(answer);
    const told = onceEach(run.errors).map(inClientsNames);
    return new WrittenAnswer(answer, [...told, ...unexplained(output, told)]);
  }

  function inClientsNames(error: GraphQLError): GraphQLError {
    const { path } = error;
    return path === undefined ? error : withPath(error, toClientPath(path));
  }

  return async function execute(run) {
    await step?.(run);
    return finish(run);
  };
}
