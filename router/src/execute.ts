import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner';
import { GraphQLError, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { belongTo } from './errors.ts';
import { prepareExecution, type Execution } from './execution/execution.ts';
import { subgraphError } from './execution/failures.ts';
import { prepareRewrites } from './execution/rewrites.ts';
import type { Executed } from './execution/executed.ts';
import { createRun, tell } from './execution/run.ts';
import type { SubgraphFetch } from './subgraphs/fetch.ts';
import type { SubgraphAnswer } from './subgraphs/subgraph-answer.ts';
import { createPlanner, type PlannedOperation } from './planning/planner.ts';
import type { PlannerSettings } from './planning/planner-settings.ts';
import type { RequestContext } from './request-context.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import type { Variables } from './planning/variables.ts';

export type { Executed } from './execution/executed.ts';

/** An operation that a client sent: parsed, valid, its operation picked. */
export interface IncomingOperation {
  readonly queryHash: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Variables | undefined;
  readonly context: RequestContext;
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
  /**
   * Makes ready what `execute` will need for this operation, whoever asks: its plan, and what is prepared from it.
   *
   * @throws GraphQLError when it can't be planned
   */
  prepare(incoming: IncomingOperation): void;
  /** @throws GraphQLError (or rejects with it) when the variables don't fit or the operation can't be planned */
  subscription(incoming: IncomingOperation): PlannedSubscription | Promise<PlannedSubscription>;
}

/** Executes operations over a supergraph: plans each once, prepares its execution once, and runs that. */
export function createExecutor(options: {
  graph: LoadedSupergraph;
  /** By subgraph name. */
  fetches: ReadonlyMap<string, SubgraphFetch>;
  settings?: PlannerSettings;
  telemetry?: Telemetry | undefined;
}): Executor {
  const { graph, fetches, settings, telemetry } = options;
  const plan = createPlanner(graph, { settings, telemetry });
  // Lives as long as the planner remembers the plan.
  const prepared = new WeakMap<PlannedOperation, Execution>();

  function plannedFrom({ queryHash, document, operation, context }: IncomingOperation): PlannedOperation {
    const { traceparent } = context;
    return plan({ queryHash, document, operationName: operation.name?.value, traceparent });
  }

  function executionOf(planned: PlannedOperation): Execution {
    const known = prepared.get(planned);
    if (known !== undefined) return known;
    const execution = prepareExecution({
      schema: graph.schema,
      fullSchema: graph.fullSchema,
      fetches,
      document: planned.document,
      operation: planned.operation,
      responseNames: planned.responseNames,
      node: nodeToRun(planned.plan.node),
    });
    prepared.set(planned, execution);
    return execution;
  }

  return {
    async execute(incoming) {
      const planned = plannedFrom(incoming);
      const wrong = planned.wrongVariables(incoming.variables);
      if (wrong !== undefined) return { data: undefined, errors: wrong };
      return executionOf(planned)(createRun(variablesFor(planned, incoming), incoming.context));
    },

    prepare(incoming) {
      executionOf(plannedFrom(incoming));
    },

    subscription(incoming) {
      const planned = plannedFrom(incoming);
      const [wrong] = planned.wrongVariables(incoming.variables) ?? [];
      if (wrong !== undefined) throw withCode(wrong, 'BAD_USER_INPUT');
      const node = planned.plan.node;
      if (node?.kind !== 'Subscription') {
        throw withCode(new GraphQLError('A condition leaves nothing of this subscription.'), 'BAD_USER_INPUT');
      }
      const { primary } = node;
      const execution = executionOf(planned);
      const rewrite = prepareRewrites(primary.outputRewrites, (name, condition) => name === condition);
      return {
        primary,
        async executeEvent({ data, errors = [] }) {
          rewrite?.(data);
          const run = createRun(variablesFor(planned, incoming), incoming.context, data ?? {});
          for (const error of errors) tell(run, subgraphError(error, primary.serviceName, error.path));
          const result = await execution(run);
          belongTo(incoming.context, result.errors ?? []);
          return result;
        },
      };
    },
  };
}

function variablesFor({ renameVariables }: PlannedOperation, { variables }: IncomingOperation): Variables | undefined {
  return renameVariables === undefined || variables === undefined ? variables : renameVariables(variables);
}

/** Of a subscription, what is to be done for each event. */
function nodeToRun(node: PlanNode | SubscriptionNode | undefined): PlanNode | undefined {
  return node?.kind === 'Subscription' ? node.rest : node;
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { ...(error.nodes && { nodes: error.nodes }), extensions: { code } });
}
