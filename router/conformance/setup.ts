import { composeServices } from '@apollo/composition';
import { buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import { operationFromDocument } from '@apollo/federation-internals';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import { createLogger } from '@cafe-for-me/lib/log';
import { subrequestFailed } from '@cafe-for-me/router/errors';
import { createExecutor, type Executed, type IncomingOperation } from '@cafe-for-me/router/execute';
import type { SubgraphFetch } from '@cafe-for-me/router/subgraphs/fetch';
import { createDeadlines } from '@cafe-for-me/router/subgraphs/subgraph-deadlines';
import { createIdentity } from '@cafe-for-me/router/authorization/identity';
import type { RequestContext } from '@cafe-for-me/router/request-context';
import { loadSupergraph, type LoadedSupergraph } from '@cafe-for-me/router/supergraph';
import {
  getOperationAST,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import type { Answer, AnswerError, Answers } from './answer.ts';
import type { Fixture } from './fixture.ts';
import { createReader } from './reader.ts';
import type { Run } from './run.ts';
import { readSdl } from './sdl.ts';
import { createSubgraph, type ConformanceSubgraph, type SubgraphRequest } from './subgraph.ts';
import { createWhole } from './whole.ts';

/** A document with one operation, valid for the API schema. */
export interface Asked {
  readonly text: string;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** One way of executing operations. */
type Way = (asked: Asked, run: Run) => Promise<Answers>;

/** A fixture, composed and ready to be asked. */
export interface Setup {
  readonly fixture: Fixture;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly ours: Way;
  readonly stock: Way;
  readonly whole: Way;
  readonly plan: (asked: Asked) => QueryPlan;
  /** Names of fields that the router asks for itself: what they fail with is nothing that one whole schema could know. */
  readonly asked: ReadonlySet<string>;
  /** Of all fields. */
  readonly names: readonly string[];
}

const log = createLogger({ service: 'conformance', level: 'silent' });
const { anonymous } = createIdentity({ routerKey: undefined, tokens: undefined });

export function createSetup(fixture: Fixture): Setup {
  const parts = Object.entries(fixture.subgraphs).map(([name, sdl]) => ({ name, sdl: readSdl(sdl) }));
  const { supergraphSdl, errors } = composeServices(
    parts.map(({ name, sdl }) => ({ name, url: `http://${name}.invalid/graphql`, typeDefs: sdl.document })),
  );
  if (supergraphSdl === undefined)
    throw new AggregateError(errors ?? [], `${fixture.name} does not compose: ${errors?.[0]?.message}`);
  const graph = loadSupergraph(supergraphSdl);
  const reader = createReader(
    fixture,
    graph.fullSchema,
    parts.map(({ sdl }) => sdl),
  );
  const subgraphs = new Map(
    parts.map(({ name, sdl }) => [name, createSubgraph({ name, sdl, fixture, reader, supergraph: graph.fullSchema })]),
  );
  const whole = createWhole(graph.schema, reader);
  // Compares as many plans as ours: with its own limit it is busy for minutes with some operations.
  const planner = new QueryPlanner(graph.supergraph, { debug: { maxEvaluatedPlans: 1_000 } });
  const planOf = ({ document }: Asked): QueryPlan =>
    planner.buildQueryPlan(operationFromDocument(graph.apiSchema, document, { validate: false }));

  return {
    fixture,
    schema: whole.schema,
    ours: oursOf(graph, subgraphs),
    stock: stockOf(graph, subgraphs, planOf),
    async whole({ document, variables }, run) {
      if (operationIn(document).operation !== OperationTypeNode.SUBSCRIPTION) {
        return [answerOf(await whole.execute(document, variables, run))];
      }
      const events = await whole.events(document, variables, run);
      if (!(Symbol.asyncIterator in events)) return [answerOf(events)];
      return allOf(events, (event) => answerOf(event));
    },
    plan: planOf,
    names: Object.values(graph.fullSchema.getTypeMap()).flatMap((type) =>
      'getFields' in type ? Object.keys(type.getFields()) : [],
    ),
    asked: new Set([
      ...parts.flatMap(({ sdl }) => sdl.asked),
      ...Object.keys(fixture.context ?? {}).map((coordinate) => coordinate.split('.')[1]!),
      ...Object.values(fixture.context ?? {}).flatMap((args) => Object.values(args).map(([, field]) => field)),
    ]),
  };
}

function oursOf(graph: LoadedSupergraph, subgraphs: ReadonlyMap<string, ConformanceSubgraph>): Way {
  /** The executor hands the context of a request to its fetches, and nothing else. */
  const runs = new WeakMap<RequestContext, Run>();

  function fetchOf(subgraph: ConformanceSubgraph): SubgraphFetch {
    async function exchange(body: string, context: RequestContext): Promise<string> {
      return JSON.stringify(await subgraph.answer(JSON.parse(body) as SubgraphRequest, runs.get(context)!));
    }
    return {
      exchange,
      unusable: (text) => subrequestFailed(text),
      close: async () => {},
    };
  }
  const fetches = new Map([...subgraphs].map(([name, subgraph]) => [name, fetchOf(subgraph)]));
  const executor = createExecutor({ graph, fetches });
  const deadlines = createDeadlines(60_000);

  return async function ours({ text, document, variables }, run) {
    const context: RequestContext = {
      headers: {},
      requestId: 'conformance',
      traceparent: undefined,
      caller: anonymous,
    };
    runs.set(context, run);
    const operation = operationIn(document);
    const incoming: IncomingOperation = { queryHash: text, document, operation, variables, context };
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return [executedAnswer(await executor.execute(incoming))];
    const subscription = await executor.subscription(incoming);
    const { primary } = subscription;
    const use = { context, deadlines };
    const request = { query: primary.operation, variables: picked(variables, primary.variableUsages) };
    const events = await subgraphs.get(primary.serviceName)!.events(request, run);
    return allOf(events, async (event) =>
      executedAnswer(await subscription.executeEvent(JSON.parse(JSON.stringify(event)), use)),
    );
  };
}

function stockOf(
  graph: LoadedSupergraph,
  subgraphs: ReadonlyMap<string, ConformanceSubgraph>,
  planOf: (asked: Asked) => QueryPlan,
): Way {
  return async function stock(asked, run) {
    const { document, variables } = asked;
    const services: ServiceMap = Object.fromEntries(
      [...subgraphs].map(([name, subgraph]) => [
        name,
        {
          async process({ request: { query = '', variables } }) {
            const sent = JSON.parse(JSON.stringify({ query, variables })) as SubgraphRequest;
            return JSON.parse(JSON.stringify(await subgraph.answer(sent, run)));
          },
        },
      ]),
    );
    const request = { request: { variables }, context: {}, metrics: {}, logger: log };
    const result = await executeQueryPlan(
      planOf(asked),
      services,
      request as unknown as Parameters<typeof executeQueryPlan>[2],
      buildOperationContext({ schema: graph.schema, operationDocument: document }),
      graph.fullSchema,
      graph.apiSchema,
    );
    return [answerOf(result as ExecutionResult)];
  };
}

function operationIn(document: DocumentNode) {
  const operation = getOperationAST(document);
  if (!operation) throw new Error('A document with one operation is wanted.');
  return operation;
}

/** As if it had gone over the wire. */
function answerOf({ data, errors, extensions }: ExecutionResult): Answer {
  const completion = (extensions?.['valueCompletion'] ?? []) as readonly GraphQLError[];
  const asPlain = (list: readonly GraphQLError[]): AnswerError[] => JSON.parse(JSON.stringify(list));
  return {
    data: JSON.parse(JSON.stringify(data ?? null)),
    errors: asPlain(errors ?? []),
    completion: asPlain(completion),
  };
}

function executedAnswer({ data, errors = [] }: Executed): Answer {
  const plain: AnswerError[] = JSON.parse(JSON.stringify(errors));
  return { ...(data !== undefined && { text: data }), data: JSON.parse(data ?? 'null'), errors: plain, completion: [] };
}

async function allOf<From, To>(events: AsyncIterable<From>, map: (event: From) => To | Promise<To>): Promise<To[]> {
  const all: To[] = [];
  for await (const event of events) all.push(await map(event));
  return all;
}

function picked(variables: Readonly<Record<string, unknown>>, names: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name)));
}
