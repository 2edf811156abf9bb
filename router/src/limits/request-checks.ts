import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { RequestContext } from '../request-context.ts';
import type { Variables } from '../planning/variables.ts';

/** What of a request for a known operation differs from one request to the next. */
export interface CheckedRequest {
  /** As the client sent them: not looked at yet, so they may be of any type. */
  readonly variables: Variables | undefined;
  readonly context: RequestContext;
}

/** Says why a request is refused, undefined when it isn't. It runs for every request, so it has to be quick. */
export type RequestCheck = (request: CheckedRequest) => GraphQLError | undefined;

/** An operation that parses and is valid. */
export interface CheckedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** What clients see of the graph. */
  readonly schema: GraphQLSchema;
}

/** A rule about operations: its costly part is done once per operation. */
export interface OperationRule {
  /** @returns a check of each request, an error that refuses the operation whatever the request, or undefined when all is well */
  prepare(operation: CheckedOperation): RequestCheck | GraphQLError | undefined;
}

/**
 * Joins rules into one. Its checks run in the order of the rules, and the first that refuses has the word; no rule, or none
 * that has to look at requests, costs a request nothing.
 */
export function allOf(rules: readonly OperationRule[]): OperationRule {
  return {
    prepare(operation) {
      const checks: RequestCheck[] = [];
      for (const rule of rules) {
        const prepared = rule.prepare(operation);
        if (typeof prepared === 'function') checks.push(prepared);
        else if (prepared !== undefined) return prepared;
      }
      if (checks.length < 2) return checks[0];
      return function checkAll(request) {
        for (const check of checks) {
          const refusal = check(request);
          if (refusal !== undefined) return refusal;
        }
        return undefined;
      };
    },
  };
}
