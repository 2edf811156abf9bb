import type { Generation } from '../generation.ts';
import type { OperationRequest } from '../pipeline/operation-request.ts';
import type { Outcome } from '../pipeline/pipeline.ts';
import type { RequestContext } from '../request-context.ts';
import type { LiveClient, LiveTransport, StopReason } from './live-client.ts';

/** A subscription that a pipeline accepted. */
export type Accepted = Extract<Outcome, { status: 'streams' }>;

/** What a client's subscription came with. */
export interface Given {
  readonly request: OperationRequest;
  readonly context: RequestContext;
  /** What the client brought back: `extensions.resume`, or the header Last-Event-ID. */
  readonly resume: string | undefined;
  readonly transport: LiveTransport;
  /** Where the client comes from (`networkOf(clientAddress(…))`): callers without a token are counted by it. */
  readonly address: string;
}

/** The running subscriptions of all clients. */
export interface LiveSubscriptions {
  /**
   * @param generation the one whose pipeline accepted it. Whoever entered it leaves it when this has returned: what goes on
   *   enters by itself
   * @returns ends it, silently, any number of times; the first one says why
   */
  start(accepted: Accepted, generation: Generation, given: Given, client: LiveClient): (reason: StopReason) => void;
  /**
   * A reload: what the new generation accepts and plans as before goes on there, and its clients see nothing of it. The others
   * are ended, spread over some time so that not all clients come back in one moment; until then they run on.
   */
  moveTo(generation: Generation): Promise<void>;
  /** How many are running. */
  count(): number;
  /** None is ended for a reload any more. */
  stop(): void;
}
