import { executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import type { Logger } from '@cafe-for-me/lib/log';
import { GraphQLError, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { belongTo, onceEach } from './errors.ts';
import type { SubgraphAnswer, SubgraphFetch } from './fetch.ts';
import type { PassThrough } from './pass-through.ts';
import { createPlanner, type PlannedOperation } from './planner.ts';
import type { RequestContext } from './request-context.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import type { Variables } from './variables.ts';

/** An operation that a client sent: parsed, valid, its operation picked. */
export interface IncomingOperation {
  readonly queryHash: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Variables | undefined;
  readonly context: RequestContext;
}

/** What an execution gives. */
export interface Executed {
  /** The answer's `data` as JSON text; undefined when nothing was executed. */
  readonly data: string | undefined;
  readonly errors?: readonly GraphQLError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The parts of a subscription: one subgraph makes the events, the others fill them in. */
export interface PlannedSubscription {
  /** Opened on the subgraph `serviceName`. */
  readonly primary: FetchNode;
  /** The result for the client of one event of `primary`. Never rejects. */
  executeEvent(event: SubgraphAnswer): Promise<Executed>;
}

export interface Executor {
  /** Queries and mutations. */
  execute(incoming: IncomingOperation): Promise<Executed>;
  /** @throws GraphQLError when the variables don't fit or the operation can't be planned */
  subscription(incoming: IncomingOperation): PlannedSubscription;
}

type GatewayRequest = Parameters<typeof executeQueryPlan>[2];

/** Executes operations over a supergraph: plans them, and runs the plans with `@apollo/gateway`. */
export function createExecutor(options: {
  graph: LoadedSupergraph;
  /** By subgraph name. */
  fetches: ReadonlyMap<string, SubgraphFetch>;
  log: Logger;
}): Executor {
  const { graph, log } = options;
  const plan = createPlanner(graph);
  const sources: ServiceMap = Object.fromEntries([...options.fetches].map(([name, fetch]) => [name, sourceOf(fetch)]));

  /** The gateway reads only these of a request. */
  function gatewayRequest({ variables, context }: IncomingOperation): GatewayRequest {
    return { request: { variables }, context, metrics: {}, logger: log } as unknown as GatewayRequest;
  }

  async function run(
    planned: PlannedOperation,
    queryPlan: QueryPlan,
    services: ServiceMap,
    incoming: IncomingOperation,
  ): Promise<Executed> {
    const { data, errors, extensions } = await executeQueryPlan(
      queryPlan,
      services,
      gatewayRequest(incoming),
      planned.operation,
      graph.fullSchema,
      graph.apiSchema,
    );
    return {
      data: data === undefined ? undefined : JSON.stringify(data),
      ...(errors && { errors: onceEach(errors) }),
      ...(extensions && { extensions }),
    };
  }

  function plannedFrom({ queryHash, document, operation }: IncomingOperation): PlannedOperation {
    return plan({ queryHash, document, operationName: operation.name?.value });
  }

  /** One fetch, and its answer as it is when it is certain that shaping would change nothing of it. */
  async function runShort(
    { node, body, fits }: PassThrough,
    planned: PlannedOperation,
    incoming: IncomingOperation,
  ): Promise<Executed> {
    const answer = options.fetches.get(node.serviceName)!.sendText(body(incoming.variables), incoming.context);
    try {
      const { data, errors } = await answer;
      if (errors === undefined && fits(data)) return { data: JSON.stringify(data) };
    } catch {
      // Whoever asks for the answer below gets to see it.
    }
    return run(planned, planned.plan, answering(sources, node, answer), incoming);
  }

  return {
    async execute(incoming) {
      const planned = plannedFrom(incoming);
      const wrong = planned.wrongVariables(incoming.variables);
      if (wrong !== undefined) return { data: undefined, errors: wrong };
      const { passThrough } = planned;
      return passThrough === undefined
        ? run(planned, planned.plan, sources, incoming)
        : runShort(passThrough, planned, incoming);
    },

    subscription(incoming) {
      const planned = plannedFrom(incoming);
      const [wrong] = planned.wrongVariables(incoming.variables) ?? [];
      if (wrong !== undefined) throw withCode(wrong, 'BAD_USER_INPUT');
      const node = planned.plan.node;
      if (node?.kind !== 'Subscription') throw new Error('The plan of a subscription has no subscription in it.');
      const { primary, rest } = node;
      const eventPlan: QueryPlan = { kind: 'QueryPlan', node: rest === undefined ? primary : inOrder(primary, rest) };
      return {
        primary,
        async executeEvent(event) {
          try {
            const result = await run(planned, eventPlan, answering(sources, primary, Promise.resolve(event)), incoming);
            belongTo(incoming.context.requestId, result.errors ?? []);
            return result;
          } catch (error) {
            const unexpected = new GraphQLError('Unexpected error', { originalError: error as Error });
            belongTo(incoming.context.requestId, [unexpected]);
            return { data: 'null', errors: [unexpected] };
          }
        },
      };
    },
  };
}

function inOrder(first: PlanNode, second: PlanNode): PlanNode {
  return { kind: 'Sequence', nodes: [first, second] };
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { ...(error.nodes && { nodes: error.nodes }), extensions: { code } });
}

/** The same services, but the fetch `node` is answered by `answer`, which came over another road. */
function answering(services: ServiceMap, node: FetchNode, answer: Promise<SubgraphAnswer>): ServiceMap {
  const real = services[node.serviceName]!;
  return {
    ...services,
    [node.serviceName]: {
      process: (options) => (options.request.query === node.operation ? answer : real.process(options)),
    },
  };
}

function sourceOf(fetch: SubgraphFetch): ServiceMap[string] {
  return {
    async process(options) {
      const { query = '', variables, operationName } = options.request;
      try {
        return await fetch.send({ query, variables, operationName }, options.context as RequestContext);
      } catch (error) {
        throw 'pathInIncomingRequest' in options ? located(error, options.pathInIncomingRequest) : error;
      }
    },
  };
}

/** Says where the fields are missing, when it is one place: below a list (`@`) there are many. */
function located(error: unknown, path: readonly (string | number)[] | undefined): unknown {
  if (!(error instanceof GraphQLError) || path === undefined || path.length === 0 || path.includes('@')) return error;
  return new GraphQLError(error.message, { path, extensions: error.extensions });
}
