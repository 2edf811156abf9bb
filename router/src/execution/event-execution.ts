import { setTimeout as wait } from 'node:timers/promises';
import type { SubscriptionNode } from '@apollo/query-planner';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import { belongTo } from '../errors.ts';
import type { Variables } from '../planning/variables.ts';
import type { RequestContext } from '../request-context.ts';
import type { SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import type { Deadlines } from '../subgraphs/subgraph-deadlines.ts';
import { EventLimit } from './event-limit.ts';
import type { Executed } from './executed.ts';
import type { Execution } from './execution.ts';
import { subgraphError } from './failures.ts';
import { prepareRewrites } from './rewrites.ts';
import { createRun, tell, type Data, type Run } from './run.ts';
import { prepareStaleVersions } from './stale-versions.ts';

/** What is noted of how events are filled in. */
export interface EventTelemetry {
  /** The deadline left fields of it null. */
  blanked(): void;
  /** What other subgraphs said was older than the event, and they are asked once more. */
  fetchedAgain(): void;
}

/** Whom an event is filled in for, and how long that may take. */
export interface EventUse {
  readonly context: RequestContext;
  readonly deadlines: Deadlines;
  readonly telemetry?: EventTelemetry | undefined;
}

/** Fills in an event: what other subgraphs have to say of it is fetched, and the result is written. */
export type EventExecution = (
  event: SubgraphAnswer,
  variables: Variables | undefined,
  use: EventUse,
) => Promise<Executed>;

/** Before what was older than the event is fetched again: a replica or a consumer is behind by about that, in ms. */
const behindMs = 50;

/** @param execution of what is to be done for each event of the node */
export function prepareEventExecution(
  execution: Execution,
  { primary, rest }: SubscriptionNode,
  { document, operation }: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode },
): EventExecution {
  const rewrite = prepareRewrites(primary.outputRewrites, (name, condition) => name === condition);
  const versions = rest === undefined ? undefined : prepareStaleVersions(document, operation);

  /** Once more where a subgraph answered with something older than the event. */
  async function executeFresh(
    begin: (data: Data) => Run,
    event: Data,
    limit: EventLimit | undefined,
    telemetry: EventTelemetry | undefined,
  ) {
    const toCome = versions?.toCome(event);
    const again = toCome === undefined ? undefined : structuredClone(event);
    const run = begin(event);
    const first = await execution(run);
    if (limit?.cutShort === true) telemetry?.blanked();
    if (again === undefined || isLate(limit) || !versions!.areStale(run.data, toCome!)) return first;
    telemetry?.fetchedAgain();
    await wait(behindMs);
    const second = await execution(begin(again));
    // What is older than the event is better than nothing.
    return isLate(limit) ? first : second;
  }

  return async function executeEvent({ data, errors = [] }, variables, { context, deadlines, telemetry }) {
    rewrite?.(data);
    const limit = rest === undefined ? undefined : new EventLimit();
    function begin(from: Data): Run {
      const run = createRun(variables, context, from, limit);
      for (const error of errors) tell(run, subgraphError(error, primary.serviceName, error.path));
      return run;
    }
    if (limit !== undefined) deadlines.start(limit);
    try {
      const result = await executeFresh(begin, data ?? {}, limit, telemetry);
      belongTo(context, result.errors ?? []);
      return result;
    } finally {
      if (limit?.isOver === false) deadlines.end(limit);
    }
  };
}

/** Its time may end while something is waited for. */
function isLate(limit: EventLimit | undefined): boolean {
  return limit?.isOver === true;
}
