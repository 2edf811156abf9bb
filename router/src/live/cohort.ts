import type { GraphQLError } from 'graphql';
import { subrequestFailed } from '../errors.ts';
import type { Executed } from '../execution/executed.ts';
import { subgraphError } from '../execution/failures.ts';
import type { SubgraphAnswer, SubgraphError } from '../subgraphs/subgraph-answer.ts';
import type { Upstream, UpstreamEvent, UpstreamPlace, UpstreamSubscription } from '../subgraphs/upstream.ts';
import { Arrivals, type Arrival } from './arrivals.ts';
import { isPassing } from './passing.ts';
import type { Position } from './position.ts';
import type { Subscriber } from './subscriber.ts';
import { notKnownYet, type Telling } from './telling.ts';
import type { Topic } from './topic.ts';
import type { Written } from './written.ts';

/** An event on its way to the clients. */
interface Waiting extends Arrival {
  /** Until it is filled in. `'nothing'`: there is nothing to send. */
  result: Executed | Error | 'nothing' | undefined;
}

/** How it is to end when the events that wait are delivered. */
type Ending = 'completed' | readonly GraphQLError[];

/**
 * Clients who are at the same place of a topic, and the one upstream subscription that they share.
 *
 * Events are filled in while others come, and delivered in the order in which they came. When the upstream is lost it is opened
 * again behind the last event that came, for as long as there are clients. When too many events wait, it is let go of until
 * they are delivered, and then opened again in the same way.
 */
export class Cohort implements UpstreamSubscription {
  readonly clients = new Set<Subscriber>();
  readonly #topic: Topic;
  #upstream: Upstream;
  /** Where it began: what a client brought back. */
  readonly start: Position | undefined;
  /** A message was delivered: who comes now has missed it. */
  hasBegun = false;
  /** Where its clients are. */
  delivered: Position | undefined;
  /** They have everything up to there, and nothing more. */
  isSettled = false;
  /** What was delivered is a part of a present state of which more will come. */
  #isAnew: boolean;
  readonly #arrivals: Arrivals;
  #waiting: Waiting[] = [];
  #ending: Ending | undefined;
  /** At the upstream; undefined while it isn't subscribed. */
  #id: number | undefined;
  /** What the subgraph said of it last. */
  #wentOn: 'exact' | 'snapshot' | undefined;
  #isPaused = false;
  #isOver = false;
  #tries = 0;
  readonly #begunAt = performance.now();
  #retry: NodeJS.Timeout | undefined;

  constructor(topic: Topic, start: Position | undefined) {
    this.#topic = topic;
    this.#upstream = topic.upstream;
    this.start = start;
    this.delivered = start;
    this.#arrivals = new Arrivals(start);
    this.#isAnew = start === undefined;
  }

  /** Subscribes; it must have a client by then. */
  open(): void {
    this.#arrivals.opened();
    this.#id = this.#upstream.subscribe(this);
  }

  add(subscriber: Subscriber): void {
    subscriber.cohort = this;
    this.clients.add(subscriber);
    if (this.#wentOn !== undefined && subscriber.telling === notKnownYet) subscriber.goesOn(this.#wentOn);
  }

  remove(subscriber: Subscriber): void {
    this.clients.delete(subscriber);
    if (this.clients.size === 0) this.close();
  }

  told(telling: Telling): void {
    this.#topic.told(telling);
  }

  /** Nobody is left to hear of it. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#letGo();
    this.#waiting = [];
    this.#topic.left(this);
  }

  /** Whether clients would not notice if it were opened again. */
  canMove(): boolean {
    return this.#arrivals.received !== undefined || !this.#arrivals.wasHeard;
  }

  /** The subgraph is elsewhere from now on. */
  moveTo(upstream: Upstream): void {
    if (upstream === this.#upstream) return;
    this.#letGo();
    clearTimeout(this.#retry);
    this.#upstream = upstream;
    if (!this.#isPaused && this.#ending === undefined) this.open();
  }

  /** Its upstream subscription stands, as far as is known: what happens comes. */
  get isHeard(): boolean {
    return this.#id !== undefined && this.#arrivals.isHeard;
  }

  get clientHeaders() {
    return this.#topic.context.headers;
  }

  request() {
    const [any] = this.clients;
    return this.#topic.upstreamRequest(any, this.#arrivals.asked?.text);
  }

  event({ answer, place }: UpstreamEvent): void {
    const refusal = this.#arrivals.isHeard ? undefined : refusalIn(answer);
    if (refusal !== undefined) {
      this.#letGo();
      return this.refused(refusal);
    }
    const waiting: Waiting = { ...this.#arrivals.arrived(place), result: undefined };
    this.#tries = 0;
    this.#waiting.push(waiting);
    void this.#fillIn(waiting, answer);
    const { waitingEvents } = this.#topic.limits;
    if (this.#waiting.length > (waiting.position === undefined ? waitingEvents * partsOfOne : waitingEvents)) {
      this.#topic.tellSlow(this.#waiting.length);
      this.#letGo();
      this.#isPaused = true;
    }
  }

  ready(place: UpstreamPlace): void {
    // It stands without a message: who asked to go on and isn't told of it gets a present state in which there is nothing.
    this.#waiting.push({ ...this.#arrivals.arrived(place), result: 'nothing' });
    this.#tries = 0;
    this.#deliver();
  }

  refused(errors: readonly SubgraphError[]): void {
    this.#id = undefined;
    const { serviceName } = this.#topic.subscription.primary;
    if (this.#isToLast() && errors.every(isPassing)) this.#tryAgain(errors[0]?.message, 'subscription');
    else this.#endWith(errors.map((error) => subgraphError(error, serviceName, error.path)));
  }

  ended(): void {
    this.#id = undefined;
    this.#endWith('completed');
  }

  lost(reason: unknown, what: 'connection' | 'subscription'): void {
    this.#id = undefined;
    this.#tryAgain(reason, what);
  }

  #letGo(): void {
    if (this.#id !== undefined) this.#upstream.unsubscribe(this.#id);
    this.#id = undefined;
  }

  /** Whoever has had something waits for what comes next, however long it takes; also who had it elsewhere, and came back. */
  #isToLast(): boolean {
    return this.#arrivals.wasHeard || this.start !== undefined;
  }

  #tryAgain(reason: unknown, what: 'connection' | 'subscription'): void {
    if (this.#isOver) return;
    this.#tries += 1;
    const { newTries, newMs, retryMs } = this.#topic.limits;
    const isLong = this.#tries >= 2 && performance.now() - this.#begunAt > newMs;
    if (!this.#isToLast() && (this.#tries >= newTries || isLong)) {
      this.#topic.tellLost(reason);
      this.#endWith([subrequestFailed(this.#topic.subscription.primary.serviceName)]);
    } else if (what === 'connection') this.open();
    else {
      const wait = Math.min(retryMs * 2 ** (this.#tries - 1), longestRetryMs) * (0.5 + Math.random() / 2);
      this.#retry = setTimeout(() => this.open(), wait);
    }
  }

  async #fillIn(waiting: Waiting, answer: SubgraphAnswer): Promise<void> {
    try {
      const [any] = this.clients;
      waiting.result = await this.#topic.fillIn(answer, any);
    } catch (error) {
      waiting.result = error instanceof Error ? error : new Error(String(error));
    }
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#isOver && this.#waiting[0]?.result !== undefined) this.#deliverOne(this.#waiting.shift()!);
    if (this.#isOver || this.#waiting.length > 0) return;
    if (this.#ending !== undefined) this.#finish(this.#ending);
    else if (this.#isPaused) {
      this.#isPaused = false;
      this.open();
    }
  }

  #deliverOne({ position, goesOn, comeBack, occurredAt, result }: Waiting): void {
    const before = this.delivered;
    if (result === undefined) return;
    if (result instanceof Error) return this.#finish(this.#topic.faultIn(result));
    if (result !== 'nothing' && result.withdrawn === true) return this.#endAll('withdrawn');
    if (goesOn !== undefined) this.#goOn(goesOn);
    if (result === 'nothing') {
      this.#isAnew = true;
      this.#arriveAt(position, before);
    } else {
      let written: Written;
      try {
        written = this.#topic.write(result, comeBack, occurredAt);
      } catch (error) {
        return this.#finish(this.#topic.faultIn(error as Error));
      }
      this.hasBegun = true;
      this.#arriveAt(position, before);
      this.#topic.deliver(() => this.#send(written, before, position));
    }
    this.#topic.merge();
  }

  #goOn(how: 'exact' | 'snapshot'): void {
    this.#wentOn = how;
    for (const one of this.clients) one.goesOn(how);
    if (how === 'exact') return;
    this.#isAnew = true;
    for (const one of this.clients) one.startsAnew();
  }

  #send(written: Written, before: Position | undefined, position: Position | undefined): number {
    let sent = 0;
    for (const one of this.clients) sent += one.deliver(written, before, position);
    return sent;
  }

  /** Two messages of one place belong together: between them there is none where others could go on. */
  #arriveAt(position: Position | undefined, before: Position | undefined): void {
    this.isSettled = false;
    if (position === undefined) return;
    const goesForward = position.stream !== before?.stream || position.sequence !== before.sequence;
    this.isSettled = position.isSettled && (this.#isAnew || goesForward || !before.isSettled);
    this.#isAnew = false;
    this.delivered = position;
  }

  #endWith(ending: Ending): void {
    this.#ending = ending;
    this.#deliver();
  }

  #finish(ending: Ending): void {
    this.#letGo();
    this.#waiting = [];
    this.#takeNobody();
    if (ending === 'completed') for (const one of this.clients) one.completed();
    else {
      const errors = this.#topic.formatted(ending);
      for (const one of this.clients) one.failed(errors);
    }
    this.close();
  }

  /** Its end may make others end, elsewhere, and those who are left there must not come here. */
  #takeNobody(): void {
    this.hasBegun = true;
    this.isSettled = false;
  }

  #endAll(reason: 'withdrawn'): void {
    this.#takeNobody();
    for (const one of this.clients) one.end(reason);
    this.close();
  }
}

const longestRetryMs = 5_000;
/** Of a present state, or an event, that is several messages: there is no going on from between them, so many more may wait. */
const partsOfOne = 20;

/** Servers that answer what is no stream with a result, as graphql-ws has them do, refuse so: what was never executed has no `data`. */
function refusalIn({ data, errors = [] }: SubgraphAnswer): readonly SubgraphError[] | undefined {
  return data === undefined && errors.length > 0 ? errors : undefined;
}
