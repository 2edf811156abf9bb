import { operationFromDocument } from '@apollo/federation-internals';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import { getOperationAST, GraphQLError, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { CacheCounts } from '../telemetry/cache-counts.ts';
import { createLabelDraw, type ActiveLabels } from './planner-labels.ts';
import { createReplacer } from './planner-misplaced.ts';
import { completes } from './planner-order.ts';
import { withoutRepeatedMutations } from './planner-mutations.ts';
import { renamingOf } from './planner-names.ts';
import { createPlanMender } from './planner-requires.ts';
import { operationsIn } from './planner-fetches.ts';
import { asksSubgraphs, conditionVariables, fetchedPart, selectionsIn } from './planner-selections.ts';
import { plannerSettings, type PlannerSettings } from './planner-settings.ts';
import { plannerSupergraph } from './planner-supergraph.ts';
import { withoutTwins } from './planner-twins.ts';
import { placesAtRisk } from './planner-types.ts';
import { createWatch, isLimit } from './planner-watch.ts';
import type { LoadedSupergraph } from '../supergraph.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createVariablesCheck, type Variables, type VariablesCheck } from './variables.ts';

/**
 * An operation that may be executed any number of times.
 *
 * Whoever executes it finds what is usual in Apollo's plans, of which these things are easily missed:
 * - Rewrites. A `KeyRenamer` renames whatever is there, `null`, `0` and `''` included; where the path goes on below a renamed
 *   key, that rewrite comes first. Paths lead through lists without saying so, and hold for objects whose type name isn't known.
 * - An element of a path may be limited to objects of some types: `nodes|[A]`, `@|[A,B]`; an empty element means nothing.
 * - `Parallel` and `Condition` may stand around a `Flatten`, at any depth of the plan.
 * - The response name of a field `__typename` is not in the data: it is found under `__typename`, whatever its alias.
 * - In the data, in plans and in the paths of subgraphs' errors, fields have the names of `document`, not the client's.
 */
export interface PlannedOperation {
  /** The client's document and operation, in the names under which the data will hold its fields. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly plan: QueryPlan;
  /** The client's response names, by those of `document`; what isn't here has the client's name already. */
  readonly responseNames: ReadonlyMap<string, string>;
  /** The client's variables in the names of `document` and the plan; undefined when they are the client's. */
  readonly renameVariables: ((variables: Variables) => Variables) | undefined;
  /** For the client's variables as they come. */
  readonly wrongVariables: VariablesCheck;
  /** When its planning began, by `performance.now()`, and how long it took, in ms. */
  readonly planning: { readonly at: number; readonly tookMs: number };
}

/** One of a document's operations, validated before. */
export interface PlanRequest {
  /** Tells documents apart: a hash of the text. */
  readonly queryHash: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  /** The trace context in which it is planned when it isn't known. */
  readonly traceparent?: string | undefined;
}

const codes = {
  tooComplex: 'OPERATION_TOO_COMPLEX',
  unplannable: 'OPERATION_UNPLANNABLE',
  unanswerable: 'OPERATION_UNANSWERABLE',
} as const;

/**
 * Plans operations, and remembers the plans by document and operation. A plan that isn't known costs 10 ms or more.
 *
 * The plan function throws a GraphQLError when the operation is too large or too complex to be planned, or when its plan
 * would ask no subgraph though it has fields that only subgraphs know.
 *
 * @param options.random decides which progressive overrides a request sees. @default Math.random
 * @param options.now in ms. @default performance.now
 */
export function createPlanner(
  graph: LoadedSupergraph,
  options: {
    settings?: PlannerSettings | undefined;
    telemetry?: Pick<Telemetry, 'planning' | 'caches'> | undefined;
    random?: () => number;
    now?: () => number;
  } = {},
): (request: PlanRequest) => PlannedOperation {
  const settings = options.settings ?? plannerSettings.parse({});
  const seen = plannerSupergraph(graph);
  const replaced = createReplacer(seen, graph.fullSchema);
  const mended = createPlanMender(seen);
  const drawLabels = createLabelDraw(seen.overrideLabels, settings.overrideLabels, options.random);
  const watch = createWatch(settings, options.now ?? (() => performance.now()));
  const planner = newPlanner(false);
  let typed: QueryPlanner | undefined;
  const known = new LRUCache<string, PlannedOperation>({ max: settings.maxPlans, maxSize: 50_000_000 });
  const counts = options.telemetry?.caches.plans ?? new CacheCounts();
  counts.entries = () => known.size;
  // They cost as much as plans; but the next time there may be more time.
  const refused = new LRUCache<string, Refusal>({ max: 500, ttl: 60_000 });

  function newPlanner(typeConditionedFetching: boolean): QueryPlanner {
    return new QueryPlanner(seen.supergraph, {
      // Looking for fragments to use again costs more than the longer texts do; and what is taken apart later has none.
      reuseQueryFragments: false,
      debug: { maxEvaluatedPlans: settings.maxEvaluatedPlans, pathsLimit: watch.pathsLimit },
      typeConditionedFetching,
    });
  }

  /** Its plans are larger, and seldom of use. */
  function typedPlanner(): QueryPlanner {
    typed ??= newPlanner(true);
    return typed;
  }

  function planAnew(request: PlanRequest, labels: ActiveLabels | undefined): PlannedOperation {
    const original = operationOf(request.document, request.operationName);
    if (selectionsIn(request.document, original) > settings.maxSelections) {
      throw new Refusal(
        `This operation has more than ${settings.maxSelections} fields and fragments.`,
        codes.tooComplex,
      );
    }
    const at = performance.now();
    const renaming = renamingOf(request.document, seen.reserved);
    const document = renaming?.apply(request.document) ?? request.document;
    const plan = planOf(document, request.operationName, labels);
    return {
      document,
      operation: operationOf(document, request.operationName),
      plan,
      planning: { at, tookMs: performance.now() - at },
      responseNames: renaming?.responseNames ?? new Map(),
      renameVariables: renaming && inNewNames(renaming.variableNames),
      wrongVariables: createVariablesCheck(graph.schema, original, conditionVariables(request.document)),
    };
  }

  function planOf(
    document: DocumentNode,
    operationName: string | undefined,
    labels: ActiveLabels | undefined,
  ): QueryPlan {
    const name = operationName === undefined ? {} : { operationName };
    // The document was validated by the server in front; validating it again would cost as much as planning.
    const operation = operationFromDocument(graph.apiSchema, withoutRepeatedMutations(fetchedPart(document)), {
      ...name,
      validate: false,
    });
    const overrides = labels === undefined ? {} : { overrideConditions: new Map(labels.conditions) };
    let plan: QueryPlan;
    try {
      watch.start();
      plan = planner.buildQueryPlan(operation, overrides);
      const atRisk = placesAtRisk(graph.schema, document, operationOf(document, operationName));
      if (completes(plan, atRisk)) plan = withoutTwins(typedPlanner().buildQueryPlan(operation, overrides));
    } catch (error) {
      // Apollo's planner fails assertions of its own for a few operations, and would again at each request for them.
      throw isLimit(error)
        ? new Refusal('This operation is too complex to be planned.', codes.tooComplex)
        : new Refusal("This operation can't be planned.", codes.unplannable);
    }
    if (plan.node === undefined && asksSubgraphs(document, operationOf(document, operationName))) {
      throw new Refusal('No subgraphs can answer this operation.', codes.unanswerable);
    }
    return mended(replaced(plan));
  }

  return function plan(request) {
    const labels = drawLabels?.();
    const key = `${request.queryHash}:${request.operationName ?? ''}${labels === undefined ? '' : `:${labels.key}`}`;
    const remembered = known.get(key);
    if (remembered !== undefined) {
      counts.hits += 1;
      return remembered;
    }
    counts.misses += 1;
    const refusedBefore = refused.get(key);
    if (refusedBefore !== undefined) throw refusedBefore.toError();
    const plannedOrNot = options.telemetry?.planning(request.traceparent);
    try {
      const planned = planAnew(request, labels);
      plannedOrNot?.();
      known.set(key, planned, { size: textLength(request.document) + operationsIn(planned.plan.node).join('').length });
      return planned;
    } catch (error) {
      plannedOrNot?.('refused');
      if (!(error instanceof Refusal)) throw error;
      refused.set(key, error);
      throw error.toError();
    }
  };
}

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation == null) throw new GraphQLError(`There is no operation "${name ?? ''}".`);
  return operation;
}

function inNewNames(names: ReadonlyMap<string, string>): PlannedOperation['renameVariables'] {
  if (names.size === 0) return undefined;
  const newNames = new Map([...names].map(([to, from]) => [from, to]));
  return (variables) =>
    Object.fromEntries(Object.entries(variables).map(([name, value]) => [newNames.get(name) ?? name, value]));
}

/** What is remembered of an operation that is not planned; each request for it gets an error of its own. */
class Refusal extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }

  toError(): GraphQLError {
    return new GraphQLError(this.message, { extensions: { code: this.code } });
  }
}

/** How big a document is, for caches that clients fill: in characters. */
export function textLength(document: DocumentNode): number {
  return Math.max(1, document.loc?.end ?? 1_000);
}
