import type { Logger } from '@cafe-for-me/lib/log';
import { GraphQLError } from 'graphql';
import { belongTo, subrequestFailed } from '../errors.ts';
import type { Executed, PlannedSubscription } from '../execute.ts';
import { subgraphError } from '../execution/failures.ts';
import type { RequestContext } from '../request-context.ts';
import type { SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import type { Upstream } from '../subgraphs/upstream.ts';
import type { Variables } from '../planning/variables.ts';

/** The stream can't go on; `errors` say why. */
export class StreamFailed extends Error {
  override name = 'StreamFailed';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message ?? 'The stream failed.');
    this.errors = errors;
  }
}

export interface StreamLimits {
  /** Events that may wait for a slow client. @default 1_000 */
  waitingEvents?: number;
  /** How often in a row a lost upstream is subscribed again. @default 5 */
  resubscribes?: number;
  /** Before the first of these; doubled each time, with jitter, at most 5 s. @default 100 ms */
  resubscribeMs?: number;
}

/** How often a subscription is tried that never had an event. */
const FIRST_TRIES = 5;

/** A subscription's events, in order. */
export interface EventStream extends AsyncIterableIterator<Executed, undefined, undefined> {
  /**
   * From the next event on they are filled in by `next`.
   *
   * @returns false, and nothing has changed, when `next` wants other events than those that come
   */
  moveTo(next: PlannedSubscription, upstream: Upstream | undefined): boolean;
}

/** What `return()` and the end of a stream give. */
const end: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * One client's subscription: the events of the owning subgraph, each filled in by the others, in order.
 *
 * Nothing happens before the first `next()`. A dead other subgraph blanks its own fields of an event; a lost upstream is
 * subscribed again (and starts with a snapshot again), and only after several tries in vain `next()` throws StreamFailed.
 * It also does when an event can't be filled in because of a fault of the router's own, which ends the upstream.
 * `return()` may come at any time, also while a `next()` waits, and completes the upstream.
 */
export function createStream(options: {
  subscription: PlannedSubscription;
  variables: Variables | undefined;
  upstream: Upstream;
  context: RequestContext;
  log: Logger;
  /** The client reads so slowly that more events wait than may. The stream has ended. */
  overflowed(): void;
  limits?: StreamLimits;
}): EventStream {
  const { upstream, context, log, overflowed } = options;
  const { waitingEvents = 1_000, resubscribes = 12, resubscribeMs = 100 } = options.limits ?? {};
  let { subscription } = options;
  const { primary } = subscription;
  const variables = picked(options.variables, primary.variableUsages);

  const waiting: SubgraphAnswer[] = [];
  let wake: (() => void) | undefined;
  let opened = false;
  let over = false;
  let failure: StreamFailed | undefined;
  let failedTries = 0;
  let delivered = false;
  let unsubscribe: (() => void) | undefined;
  let retryTimer: NodeJS.Timeout | undefined;

  function finish(reason?: StreamFailed): void {
    if (over) return;
    over = true;
    failure = reason;
    clearTimeout(retryTimer);
    unsubscribe?.();
    wake?.();
  }

  function cutOff(): void {
    log.warn({ waiting: waiting.length }, 'a client reads its subscription too slowly');
    waiting.length = 0;
    finish();
    overflowed();
  }

  function lost(reason: unknown): void {
    if (over) return;
    failedTries += 1;
    // A running stream outlives a restart of its subgraph (about half a minute); a new one is refused within a few seconds.
    if (failedTries > (delivered ? resubscribes : Math.min(resubscribes, FIRST_TRIES))) {
      log.warn({ subgraph: primary.serviceName, error: reason }, 'a subscription lost its upstream');
      finish(new StreamFailed([subrequestFailed(primary.serviceName)]));
      return;
    }
    const wait = Math.min(resubscribeMs * 2 ** (failedTries - 1), 5_000) * (0.5 + Math.random() / 2);
    retryTimer = setTimeout(() => void open().catch(lost), wait);
  }

  async function open(): Promise<void> {
    let identity: string | undefined;
    try {
      identity = await context.caller.signed();
    } catch (error) {
      lost(error);
      return;
    }
    if (over) return;
    unsubscribe = upstream.subscribe(
      {
        query: primary.operation,
        variables,
        operationName: primary.operationName,
        extensions: {
          ...(identity !== undefined && { identity }),
          requestId: context.requestId,
          ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
        },
      },
      context.headers,
      {
        event(event) {
          if (over) return;
          failedTries = 0;
          delivered = true;
          waiting.push(event);
          if (waiting.length > waitingEvents) cutOff();
          else wake?.();
        },
        refused(errors) {
          finish(new StreamFailed(errors.map((error) => subgraphError(error, primary.serviceName, error.path))));
        },
        lost,
        ended: () => finish(),
      },
    );
  }

  async function nextEvent(): Promise<SubgraphAnswer | undefined> {
    while (waiting.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
    return waiting.shift();
  }

  async function filledIn(event: SubgraphAnswer): Promise<Executed> {
    try {
      return await subscription.executeEvent(event);
    } catch (error) {
      waiting.length = 0;
      finish();
      // It is masked, and logged with its cause, where it is formatted.
      const unexpected = new GraphQLError('Unexpected error', { originalError: error as Error });
      belongTo(context, [unexpected]);
      throw new StreamFailed([unexpected]);
    }
  }

  return {
    async next() {
      if (!opened) {
        opened = true;
        open().catch(lost);
      }
      const event = await nextEvent();
      if (event !== undefined) return { done: false, value: await filledIn(event) };
      if (failure === undefined) return end;
      const thrown = failure;
      failure = undefined;
      throw thrown;
    },
    return() {
      waiting.length = 0;
      opened = true;
      finish();
      return Promise.resolve(end);
    },
    throw(error) {
      opened = true;
      finish();
      return Promise.reject(error as Error);
    },
    moveTo(next, nextUpstream) {
      if (nextUpstream !== upstream || !sameEvents(next.primary, primary)) return false;
      subscription = next;
      return true;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Whether the subgraph is asked for the same. */
function sameEvents(one: PlannedSubscription['primary'], other: PlannedSubscription['primary']): boolean {
  return (
    one.serviceName === other.serviceName &&
    one.operation === other.operation &&
    one.operationName === other.operationName &&
    JSON.stringify(one.variableUsages) === JSON.stringify(other.variableUsages)
  );
}

function picked(variables: Variables | undefined, names: readonly string[] | undefined): Variables {
  const given = (names ?? []).flatMap((name) =>
    variables?.[name] === undefined ? [] : [[name, variables[name]] as const],
  );
  return Object.fromEntries(given);
}
