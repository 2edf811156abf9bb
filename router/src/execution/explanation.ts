import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner';
import { GraphQLError } from 'graphql';
import type { Explained, ExplainedRequest } from './explained.ts';
import { describePlan } from './explained-plan.ts';

/** What subgraph fetches say of one request beside its answer. */
export interface FetchNotes {
  joined(): void;
  ended(tries: number): void;
}

/**
 * Takes down how one operation, or one event of a subscription, is executed. There is one only where the client asked for it:
 * all others have none and cost nothing.
 */
export class Explanation {
  readonly #begunAt = performance.now();
  readonly #requests = new Map<FetchNode, ExplainedRequest[]>();
  #planning = { tookMs: 0, remembered: true };

  /** @param planned when the plan was made, by `performance.now()`, and how long that took, in ms */
  planned({ at, tookMs }: { readonly at: number; readonly tookMs: number }): void {
    this.#planning = { tookMs: rounded(tookMs), remembered: at < this.#begunAt };
  }

  /** An event has come: its size stands for the answer of the subscription's own fetch. */
  event(node: FetchNode, answerBytes: number, answeredErrors: number): void {
    this.#add(node, {
      startedMs: 0,
      tookMs: 0,
      requestBytes: 0,
      answerBytes,
      ...(answeredErrors > 0 && { answeredErrors }),
    });
  }

  /** A request of `node` begins. */
  asks(node: FetchNode, body: string): ExplainedAsk {
    const request: ExplainedRequest = {
      startedMs: rounded(performance.now() - this.#begunAt),
      requestBytes: Buffer.byteLength(body),
      ...(node.requires !== undefined && { entities: entitiesIn(body) }),
    };
    this.#add(node, request);
    return new ExplainedAsk(request);
  }

  /** @param node what was executed */
  told(node: PlanNode | SubscriptionNode | undefined): Explained {
    return {
      planning: this.#planning,
      totalMs: rounded(performance.now() - this.#begunAt),
      plan: node === undefined ? null : describePlan(node, (fetch) => this.#requests.get(fetch) ?? []),
    };
  }

  #add(node: FetchNode, request: ExplainedRequest): void {
    const requests = this.#requests.get(node);
    if (requests === undefined) this.#requests.set(node, [request]);
    else requests.push(request);
  }
}

/** One request that is under way. */
export class ExplainedAsk implements FetchNotes {
  readonly #request: ExplainedRequest;
  readonly #begunAt = performance.now();

  constructor(request: ExplainedRequest) {
    this.#request = request;
  }

  joined(): void {
    this.#request.shared = 'between requests';
  }

  repeated(): void {
    this.#request.shared = 'within the request';
  }

  ended(tries: number): void {
    this.#request.tries = tries;
  }

  answered(text: string): void {
    this.#took();
    this.#request.answerBytes = Buffer.byteLength(text);
  }

  answeredErrors(count: number): void {
    this.#request.answeredErrors = count;
  }

  failed(error: Error): void {
    if (this.#request.tookMs === undefined) this.#took();
    const isTold = error instanceof GraphQLError;
    // Whatever else went wrong is no client's business.
    const message = isTold ? error.message : 'Unexpected error';
    this.#request.error = { message, code: isTold ? error.extensions['code'] : 'INTERNAL_SERVER_ERROR' };
  }

  #took(): void {
    this.#request.tookMs = rounded(performance.now() - this.#begunAt);
  }
}

/** A body is made of texts, so its entities have to be counted in what it says. */
function entitiesIn(body: string): number {
  const { variables } = JSON.parse(body) as { variables: { representations: readonly unknown[] } };
  return variables.representations.length;
}

/** To a hundredth of a millisecond. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
