import { operationFromDocument } from '@apollo/federation-internals';
import { buildOperationContext } from '@apollo/gateway';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { passThroughOf, type PassThrough } from './pass-through.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import { createVariablesCheck, type VariablesCheck } from './variables.ts';

/** An operation that may be executed any number of times. */
export interface PlannedOperation {
  readonly operation: ReturnType<typeof buildOperationContext>;
  readonly plan: QueryPlan;
  /** The short way to the answer, when there is one. */
  readonly passThrough: PassThrough | undefined;
  readonly wrongVariables: VariablesCheck;
}

/** One of a document's operations, validated before. */
export interface PlanRequest {
  /** Tells documents apart: a hash of the text. */
  readonly queryHash: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
}

/**
 * Plans operations, and remembers the plans by document and operation. A plan that isn't known costs 10 ms or more.
 *
 * @param options.max plans remembered; the least used goes first. @default 2_000
 */
export function createPlanner(
  graph: LoadedSupergraph,
  options: { max?: number } = {},
): (request: PlanRequest) => PlannedOperation {
  const planner = new QueryPlanner(graph.supergraph);
  const known = new LRUCache<string, PlannedOperation>({
    max: options.max ?? 2_000,
    maxSize: 20_000_000,
  });

  return function plan({ queryHash, document, operationName }) {
    const key = `${queryHash}:${operationName ?? ''}`;
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const name = operationName === undefined ? {} : { operationName };
    const operation = buildOperationContext({ schema: graph.schema, operationDocument: document, ...name });
    // The document was validated by the server in front; validating it again would cost as much as planning.
    const parsed = operationFromDocument(graph.apiSchema, document, { ...name, validate: false });
    const queryPlan = planner.buildQueryPlan(parsed);
    const planned = {
      operation,
      plan: queryPlan,
      passThrough: passThroughOf(queryPlan, parsed),
      wrongVariables: createVariablesCheck(graph.schema, operation.operation),
    };
    known.set(key, planned, { size: textLength(document) });
    return planned;
  };
}

/** How big a document is, for caches that clients fill: in characters. */
export function textLength(document: DocumentNode): number {
  return Math.max(1, document.loc?.end ?? 1_000);
}
