import type { GraphQLError } from 'graphql';
import type { RequestContext } from '../request-context.ts';
import type { Variables } from '../planning/variables.ts';

/** An object as a subgraph answered it, and as later answers complete it. Its keys are response names. */
export type Data = Record<string, unknown>;

/** One execution of a plan: what it is for, and what came of it so far. */
export interface Run {
  readonly variables: Variables | undefined;
  readonly context: RequestContext;
  /** Grows with each answer; at its end the client's answer is written from it. */
  readonly data: Data;
  readonly errors: GraphQLError[];
  /** Lists and objects that hang at several places of the data: everything below them need be done once only. */
  shared: Set<object> | undefined;
  /** What was asked of subgraphs already, by subgraph and request. */
  asked: Map<string, Promise<string>> | undefined;
  /** The time that there is for all of its fetches; undefined: each has its own. */
  readonly limit: RunLimit | undefined;
}

export interface RunLimit {
  /**
   * @param exchange sends something to `subgraph` and gives the answer; it isn't called when the time is over
   * @throws GraphQLError with code SUBREQUEST_TIMEOUT (or rejects with it) when the time is over before the answer is there
   */
  within(subgraph: string, exchange: () => Promise<string>): Promise<string>;
}

/** Nobody reads more errors of one answer, and each costs more than the value that it stands for. */
export const maxErrors = 1_000;

/** Puts down what went wrong. */
export function tell({ errors }: Run, error: GraphQLError): void {
  if (errors.length < maxErrors) errors.push(error);
}

/** A prepared part of a plan. Without a promise it is done; it never rejects, since what fails goes to the run's errors. */
export type Step = (run: Run) => Promise<void> | undefined;

/** @param data where the execution begins: empty, or a subscription's event */
export function createRun(
  variables: Variables | undefined,
  context: RequestContext,
  data: Data = {},
  limit?: RunLimit,
): Run {
  return { variables, context, data, errors: [], shared: undefined, asked: undefined, limit };
}

export function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
