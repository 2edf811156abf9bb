import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner';
import { GraphQLError, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { prepareExecution, type Execution } from './execution/execution.ts';
import { prepareEventExecution, type EventExecution, type EventUse } from './execution/event-execution.ts';
import type { Executed } from './execution/executed.ts';
import { Explanation } from './execution/explanation.ts';
import { createRun } from './execution/run.ts';
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
  /** Those that `primary` takes. */
  readonly variables: Variables;
  /** Differs for callers who get different things of one operation, as some may not have all. */
  readonly variant?: string;
  /** The result for clients of one event of `primary`. */
  executeEvent(event: SubgraphAnswer, use: EventUse): Promise<Executed>;
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
  const preparedEvents = new WeakMap<PlannedOperation, EventExecution>();
  // Those that take down what they do: nobody else pays for it.
  const explained = new WeakMap<PlannedOperation, Execution>();

  function plannedFrom({ queryHash, document, operation, context }: IncomingOperation): PlannedOperation {
    const { traceparent } = context;
    return plan({ queryHash, document, operationName: operation.name?.value, traceparent });
  }

  function executionOf(planned: PlannedOperation): Execution {
    return preparedIn(prepared, planned, false);
  }

  function preparedIn(
    executions: WeakMap<PlannedOperation, Execution>,
    planned: PlannedOperation,
    explains: boolean,
  ): Execution {
    const known = executions.get(planned);
    if (known !== undefined) return known;
    const execution = prepareExecution({
      schema: graph.schema,
      fullSchema: graph.fullSchema,
      fetches,
      document: planned.document,
      operation: planned.operation,
      responseNames: planned.responseNames,
      node: nodeToRun(planned.plan.node),
      explains,
    });
    executions.set(planned, execution);
    return execution;
  }

  function eventExecutionOf(planned: PlannedOperation, node: SubscriptionNode): EventExecution {
    let known = preparedEvents.get(planned);
    if (known === undefined) {
      known = prepareEventExecution(executionOf(planned), node, planned);
      preparedEvents.set(planned, known);
    }
    return known;
  }

  async function executeExplained(incoming: IncomingOperation, explanation: Explanation): Promise<Executed> {
    const planned = plannedFrom(incoming);
    explanation.planned(planned.planning);
    const wrong = planned.wrongVariables(incoming.variables);
    if (wrong !== undefined) return { data: undefined, errors: wrong };
    const run = createRun(variablesFor(planned, incoming), incoming.context);
    return withExplanation(await preparedIn(explained, planned, true)(run), explanation, planned);
  }

  /** Events that are told how they were filled in. They differ from those of others, who therefore have a topic of their own. */
  function explainedSubscription(planned: PlannedOperation, node: SubscriptionNode, variables: Variables | undefined) {
    const execution = prepareEventExecution(preparedIn(explained, planned, true), node, planned);
    async function executeEvent(event: SubgraphAnswer, all: Variables | undefined, use: EventUse): Promise<Executed> {
      const explanation = new Explanation();
      explanation.planned(planned.planning);
      const { errors = [] } = event;
      explanation.event(node.primary, Buffer.byteLength(JSON.stringify(event)), errors.length);
      const context = { ...use.context, explanation };
      return withExplanation(await execution(event, all, { ...use, context }), explanation, planned);
    }
    return new PreparedSubscription(node.primary, executeEvent, variables, 'explained');
  }

  return {
    async execute(incoming) {
      const { explanation } = incoming.context;
      if (explanation !== undefined) return executeExplained(incoming, explanation);
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
      const variables = variablesFor(planned, incoming);
      if (incoming.context.explanation !== undefined) return explainedSubscription(planned, node, variables);
      return new PreparedSubscription(node.primary, eventExecutionOf(planned, node), variables);
    },
  };
}

function variablesFor({ renameVariables }: PlannedOperation, { variables }: IncomingOperation): Variables | undefined {
  return renameVariables === undefined || variables === undefined ? variables : renameVariables(variables);
}

function withExplanation(
  { data, errors, withdrawn }: Executed,
  explanation: Explanation,
  { plan }: PlannedOperation,
): Executed {
  const extensions = { explain: explanation.told(plan.node) };
  return { data, extensions, ...(errors && { errors }), ...(withdrawn && { withdrawn }) };
}

/** Many clients may have one each, so it holds no more than what differs. */
class PreparedSubscription implements PlannedSubscription {
  readonly primary: FetchNode;
  readonly variables: Variables;
  readonly #all: Variables | undefined;
  readonly #execution: EventExecution;
  readonly variant?: string;

  constructor(primary: FetchNode, execution: EventExecution, variables: Variables | undefined, variant?: string) {
    this.primary = primary;
    this.variables = picked(variables, primary.variableUsages);
    this.#all = variables;
    this.#execution = execution;
    if (variant !== undefined) this.variant = variant;
  }

  executeEvent(event: SubgraphAnswer, use: EventUse): Promise<Executed> {
    return this.#execution(event, this.#all, use);
  }
}

function picked(variables: Variables | undefined, names: readonly string[] | undefined): Variables {
  const given = (names ?? []).flatMap((name) =>
    variables?.[name] === undefined ? [] : [[name, variables[name]] as const],
  );
  return Object.fromEntries(given);
}

/** Of a subscription, what is to be done for each event. */
function nodeToRun(node: PlanNode | SubscriptionNode | undefined): PlanNode | undefined {
  return node?.kind === 'Subscription' ? node.rest : node;
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { ...(error.nodes && { nodes: error.nodes }), extensions: { code } });
}
