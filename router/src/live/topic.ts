import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { belongTo, formatAll } from '../errors.ts';
import type { PlannedSubscription } from '../execute.ts';
import type { Executed } from '../execution/executed.ts';
import type { Generation } from '../generation.ts';
import type { OperationRequest } from '../pipeline/operation-request.ts';
import { logFields, type RequestContext } from '../request-context.ts';
import type { SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import type { Deadlines } from '../subgraphs/subgraph-deadlines.ts';
import type { Upstream, UpstreamRequest } from '../subgraphs/upstream.ts';
import type { LiveTelemetry } from '../telemetry/telemetry-live.ts';
import { Cohort } from './cohort.ts';
import type { Position } from './position.ts';
import type { ResumeTokens, TokenScope } from './resume-token.ts';
import type { Subscriber } from './subscriber.ts';
import { exact, notKnownYet, type Telling } from './telling.ts';
import { Written } from './written.ts';

export interface CohortLimits {
  /** Events that may wait for being filled in. */
  readonly waitingEvents: number;
  /** A subscription of clients who never had anything is tried so often. */
  readonly newTries: number;
  /** And for so long, in ms. */
  readonly newMs: number;
  /** Before a subscription is tried again that was lost alone; doubled each time, at most 5 s. */
  readonly retryMs: number;
}

/** What all topics have in common. */
export interface Surroundings {
  readonly tokens: ResumeTokens;
  readonly deadlines: Deadlines;
  readonly limits: CohortLimits;
  readonly formatError: FormatError;
  readonly log: Logger;
  readonly telemetry: LiveTelemetry | undefined;
  /** Its last client has gone. */
  ended(topic: Topic): void;
}

/**
 * Subscriptions that are the same for all that decides about their events: operation, variables, what the caller may do, and
 * headers that subgraphs get to see. Their clients share what is done for each event.
 *
 * Its clients form cohorts. Most are in the main one; whoever comes begins in another, with a present state or with what was
 * missed, and joins the main one as soon as it is where that is.
 */
export class Topic {
  readonly key: string;
  readonly request: OperationRequest;
  /** Mostly one, and there are many topics. */
  cohorts: readonly Cohort[] = [];
  readonly #scope: TokenScope;
  readonly #around: Surroundings;
  #main: Cohort | undefined;
  #isDelivering = false;
  #isOver = false;
  context: RequestContext;
  subscription: PlannedSubscription;
  generation: Generation;
  upstream: Upstream;

  constructor(
    given: {
      key: string;
      scope: TokenScope;
      request: OperationRequest;
      context: RequestContext;
      subscription: PlannedSubscription;
      generation: Generation;
    },
    around: Surroundings,
  ) {
    this.key = given.key;
    this.request = given.request;
    this.context = given.context;
    this.subscription = given.subscription;
    this.generation = given.generation;
    this.upstream = upstreamOf(given.subscription, given.generation)!;
    this.#scope = given.scope;
    this.#around = around;
    this.generation.enter();
  }

  get limits(): CohortLimits {
    return this.#around.limits;
  }

  /** @param start where the client is, undefined when it has nothing */
  add(subscriber: Subscriber, start: Position | undefined): void {
    const main = this.#joined();
    if (start?.isSettled === true && main !== undefined && isAtOrBehind(main.delivered, start)) {
      // It has what this one has had, and perhaps what is about to come.
      if (start.sequence > main.delivered!.sequence) subscriber.seen = start;
      subscriber.telling = subscriber.telling === notKnownYet ? exact : subscriber.telling;
      main.add(subscriber);
      return;
    }
    for (const cohort of this.cohorts) {
      if (!cohort.hasBegun && cohort.start?.text === start?.text) {
        cohort.add(subscriber);
        return;
      }
    }
    const cohort = new Cohort(this, start);
    this.cohorts = [...this.cohorts, cohort];
    cohort.add(subscriber);
    cohort.open();
  }

  /** Moves clients to the main cohort that can go on there. */
  merge(): void {
    if (this.#isDelivering) return;
    this.#main ??= this.cohorts.find(({ isSettled }) => isSettled);
    const main = this.#joined();
    if (this.cohorts.length < 2 || main === undefined) return;
    for (const cohort of this.cohorts) {
      if (cohort === main || !cohort.isSettled || !isAtOrBehind(main.delivered, cohort.delivered)) continue;
      const { delivered } = cohort;
      const isAhead = delivered!.sequence > main.delivered!.sequence;
      for (const subscriber of cohort.clients) {
        if (isAhead && !isAtOrBehind(delivered, subscriber.seen)) subscriber.seen = delivered;
        main.add(subscriber);
      }
      cohort.clients.clear();
      cohort.close();
    }
  }

  /** The cohort that others may join now: the main one, or one that stands in for it as long as its upstream is lost. */
  #joined(): Cohort | undefined {
    const main = this.#main?.isHeard === true ? this.#main : this.cohorts.find(takesOthers);
    return main?.isSettled === true ? main : undefined;
  }

  left(cohort: Cohort): void {
    this.cohorts = this.cohorts.filter((one) => one !== cohort);
    if (this.#main === cohort) this.#main = undefined;
    if (this.cohorts.length === 0) this.#end();
    else this.merge();
  }

  /** @returns false, and nothing has changed, when clients would notice */
  moveTo(generation: Generation, subscription: PlannedSubscription): boolean {
    const upstream = upstreamOf(subscription, generation);
    if (upstream === undefined || !sameEvents(subscription, this.subscription)) return false;
    if (upstream !== this.upstream && this.cohorts.some((cohort) => !cohort.canMove())) return false;
    for (const cohort of this.cohorts) cohort.moveTo(upstream);
    const { generation: before } = this;
    generation.enter();
    this.generation = generation;
    this.subscription = subscription;
    this.upstream = upstream;
    before.leave();
    return true;
  }

  isOver(): boolean {
    return this.#isOver;
  }

  async fillIn(answer: SubgraphAnswer, any: Subscriber | undefined): Promise<Executed> {
    const { generation, subscription } = this;
    const { deadlines, telemetry } = this.#around;
    const filledIn = telemetry?.fillingIn();
    generation.enter();
    try {
      return await subscription.executeEvent(answer, { context: this.#contextFor(any), deadlines, telemetry });
    } finally {
      filledIn?.();
      generation.leave();
    }
  }

  upstreamRequest(any: Subscriber | undefined, resumeFrom: string | undefined): UpstreamRequest {
    const { requestId, traceparent, caller } = this.#contextFor(any);
    const identity = caller.signed();
    const { primary, variables } = this.subscription;
    return {
      query: primary.operation,
      variables,
      operationName: primary.operationName,
      extensions: {
        ...(identity !== undefined && { identity }),
        requestId,
        ...(traceparent !== undefined && { traceparent }),
        ...(resumeFrom !== undefined && { resumeFrom }),
      },
    };
  }

  write(executed: Executed, comeBack: Position | undefined, occurredAt: number | undefined): Written {
    const { tokens, formatError } = this.#around;
    return new Written(executed, tokens.write(this.#scope, comeBack?.text), occurredAt, formatError);
  }

  /** @param send to the clients of a cohort; one of them may be cut off meanwhile, but none may come. */
  deliver(send: () => number): void {
    this.#isDelivering = true;
    try {
      const sent = send();
      this.#around.telemetry?.sent(sent);
    } finally {
      this.#isDelivering = false;
    }
  }

  formatted(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
    return formatAll(errors, this.#around.formatError);
  }

  told({ outcome }: Telling): void {
    this.#around.telemetry?.resumed(outcome);
  }

  /** It is masked, and logged with its cause, where it is formatted. */
  faultIn(error: Error): readonly GraphQLError[] {
    const unexpected = new GraphQLError('Unexpected error', { originalError: error });
    belongTo(this.context, [unexpected]);
    return [unexpected];
  }

  tellSlow(waiting: number): void {
    this.#warn({ waiting }, 'events come faster than they are filled in');
  }

  tellLost(error: unknown): void {
    this.#warn({ error }, 'a subscription could not be opened');
  }

  #warn(fields: object, message: string): void {
    const subgraph = this.subscription.primary.serviceName;
    this.#around.log.warn({ subgraph, ...logFields(this.context), ...fields }, message);
  }

  /** What subgraphs are told of a caller is told of one who is there and whose token holds. */
  #contextFor(any: Subscriber | undefined): RequestContext {
    const { expiresAt = Infinity } = this.context.caller;
    if (any !== undefined && expiresAt <= Date.now()) this.context = { ...this.context, caller: any.caller };
    return this.context;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.generation.leave();
    this.#around.ended(this);
  }
}

function upstreamOf({ primary }: PlannedSubscription, { upstreams }: Generation): Upstream | undefined {
  return upstreams.get(primary.serviceName);
}

/** Whether clients may go on there. One whose upstream is lost may stay so for long, while others have theirs. */
function takesOthers({ isSettled, isHeard }: Cohort): boolean {
  return isSettled && isHeard;
}

/** Whether who is at `other` has seen all that was seen at `one`. */
function isAtOrBehind(one: Position | undefined, other: Position | undefined): boolean {
  return one !== undefined && one.stream === other?.stream && one.sequence <= other.sequence;
}

/** Whether the subgraph is asked for the same, and clients get the same of it. */
function sameEvents(one: PlannedSubscription, other: PlannedSubscription): boolean {
  return (
    one.variant === other.variant &&
    one.primary.serviceName === other.primary.serviceName &&
    one.primary.operation === other.primary.operation &&
    one.primary.operationName === other.primary.operationName &&
    JSON.stringify(one.variables) === JSON.stringify(other.variables)
  );
}
