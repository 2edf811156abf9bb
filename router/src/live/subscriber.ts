import type { GraphQLFormattedError } from 'graphql';
import type { Caller } from '../authorization/identity.ts';
import type { Cohort } from './cohort.ts';
import type { LiveClient, LiveEnd, LiveTransport, StopReason } from './live-client.ts';
import type { Position } from './position.ts';
import { notKnownYet, snapshot, exact, type Telling } from './telling.ts';
import type { Written } from './written.ts';

/** Why a client's subscription is over. `client`: it was the client who ended it. */
export type EndReason = StopReason | 'completed' | 'failed';

/**
 * One client's subscription: all that is kept for it alone. There may be very many of one topic, so it has few fields and
 * no functions of its own.
 */
export class Subscriber {
  readonly caller: Caller;
  readonly transport: LiveTransport;
  /** By what its caller's subscriptions are counted. */
  readonly countedBy: string;
  readonly #client: LiveClient;
  readonly #over: (subscriber: Subscriber, reason: EndReason) => void;
  /** Whom it goes with; undefined when it is over. */
  cohort: Cohort | undefined;
  /** What its next message has to tell. */
  telling: Telling | undefined;
  /** It came from elsewhere, where it has seen everything up to here: its cohort isn't there yet. */
  seen: Position | undefined;
  /** Messages of its cohort of which the next one says whether they were seen. */
  #held: Written[] | undefined;

  constructor(
    given: { caller: Caller; transport: LiveTransport; countedBy: string; telling: Telling | undefined },
    client: LiveClient,
    over: (subscriber: Subscriber, reason: EndReason) => void,
  ) {
    this.caller = given.caller;
    this.transport = given.transport;
    this.countedBy = given.countedBy;
    this.telling = given.telling;
    this.#client = client;
    this.#over = over;
  }

  /**
   * @param before where its cohort was
   * @param after where it is with this message; undefined or the same: it is on its way, and a later one will say
   * @returns how many messages went to the client
   */
  deliver(message: Written, before: Position | undefined, after: Position | undefined): number {
    const { seen } = this;
    if (seen === undefined) return this.#send(message);
    const at = after ?? before;
    if (at?.stream === seen.stream) {
      if (after === undefined || after.sequence === before?.sequence) {
        this.#held ??= [];
        this.#held.push(message);
        return 0;
      }
      if (after.sequence <= seen.sequence) {
        this.#held = undefined;
        if (after.sequence === seen.sequence) this.seen = undefined;
        return 0;
      }
    }
    const held = this.#held ?? [];
    this.startsAnew();
    let sent = 0;
    for (const one of held) sent += this.#send(one);
    return sent + this.#send(message);
  }

  /** What comes is the present state, whatever it has seen. */
  startsAnew(): void {
    this.seen = undefined;
    this.#held = undefined;
  }

  /** The subgraph says how it goes on. What it brought back that was of no use is told all the same. */
  goesOn(how: 'exact' | 'snapshot'): void {
    if (how === 'exact') {
      if (this.telling === notKnownYet) this.telling = exact;
    } else if (this.telling === undefined || this.telling === notKnownYet || this.telling === exact) {
      this.telling = snapshot;
    }
  }

  failed(errors: readonly GraphQLFormattedError[]): void {
    if (this.#leave('failed')) this.#client.failed(errors);
  }

  completed(): void {
    if (this.#leave('completed')) this.#client.completed();
  }

  end(reason: LiveEnd): void {
    if (this.#leave(reason)) this.#client.ended(reason);
  }

  /** The client wants no more of it, or its connection is closed. */
  stop(reason: StopReason): void {
    this.#leave(reason);
  }

  #send(message: Written): number {
    const { cohort, telling } = this;
    // It may have ended while others got theirs.
    if (cohort === undefined) return 0;
    if (telling !== undefined) {
      this.telling = undefined;
      cohort.told(telling);
    }
    this.#client.next(message.with(telling));
    return 1;
  }

  #leave(reason: EndReason): boolean {
    const { cohort } = this;
    if (cohort === undefined) return false;
    this.cohort = undefined;
    this.#held = undefined;
    cohort.remove(this);
    this.#over(this, reason);
    return true;
  }
}
