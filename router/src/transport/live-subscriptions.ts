import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@cafe-for-me/lib/log';
import type { Executed } from '../execute.ts';
import { within, type Generation } from '../generation.ts';
import type { OperationRequest } from '../pipeline/operation-request.ts';
import { logFields, type RequestContext } from '../request-context.ts';
import type { EventStream } from './subscribe.ts';

/** One client's subscription that is being streamed. */
export interface LiveSubscription {
  readonly request: OperationRequest;
  readonly context: RequestContext;
  readonly stream: EventStream;
  /** Ends it in the way that makes its client subscribe again. */
  restart(): void;
}

type Events = AsyncIterableIterator<Executed, undefined, undefined>;

export interface LiveSubscriptions {
  /** @param generation where it began; it is left when the stream has ended. @returns the same stream, for the client */
  add(live: LiveSubscription, generation: Generation): Events;
  /**
   * A reload: every subscription goes through the pipeline of the new generation and, when that accepts it and wants the
   * same of the subgraph that makes the events, goes on there with the next event; the client sees nothing of it. The
   * others are restarted, spread over some time so that not all clients come back in one moment; until then they run on.
   */
  moveTo(generation: Generation): Promise<void>;
  /** How many are running. */
  count(): number;
  /** None is restarted any more. */
  stop(): void;
}

/** Between two breaths while many are moved: requests must not wait long. */
const movedAtOnce = 20;

/** Keeps account of the running subscriptions of all transports. */
export function createLiveSubscriptions(options: {
  log: Logger;
  /** Over how long restarts are spread. */
  spreadMs: number;
}): LiveSubscriptions {
  const { log, spreadMs } = options;
  const all = new Map<LiveSubscription, Generation>();
  const restarts = new Set<NodeJS.Timeout>();
  let newest: Generation | undefined;

  function ended(live: LiveSubscription): void {
    const generation = all.get(live);
    all.delete(live);
    generation?.leave();
  }

  /** @returns whether `live` is where it should be: in the generation `to`, or at its end */
  async function move(live: LiveSubscription, to: Generation): Promise<boolean> {
    const from = all.get(live);
    if (from === undefined || from === to) return true;
    to.enter();
    const moved = await accepted(live, to);
    if (all.get(live) !== from) {
      to.leave();
      return true;
    }
    if (moved === undefined || !live.stream.moveTo(within(to, moved), to.upstreams.get(moved.primary.serviceName))) {
      to.leave();
      return false;
    }
    all.set(live, to);
    from.leave();
    return true;
  }

  async function accepted({ request, context }: LiveSubscription, by: Generation) {
    try {
      const outcome = await by.pipeline.run(request, context);
      return 'subscription' in outcome ? outcome.subscription : undefined;
    } catch (error) {
      log.warn({ error, ...logFields(context) }, 'a subscription could not be moved');
      return undefined;
    }
  }

  function restartLater(live: LiveSubscription): void {
    const timer = setTimeout(function restart() {
      restarts.delete(timer);
      if (all.has(live)) live.restart();
    }, Math.random() * spreadMs);
    restarts.add(timer);
  }

  async function moveOrRestart(live: LiveSubscription, to: Generation): Promise<boolean> {
    const moved = await move(live, to);
    if (!moved) restartLater(live);
    return moved;
  }

  return {
    add(live, generation) {
      all.set(live, generation);
      // It was accepted while the generation changed.
      if (newest !== undefined && generation !== newest) void moveOrRestart(live, newest);
      return whenEnded(live.stream, () => ended(live));
    },
    async moveTo(to) {
      newest = to;
      let moved = 0;
      let restarting = 0;
      for (const [live, generation] of all) {
        if (generation === to) continue;
        if (await moveOrRestart(live, to)) moved += 1;
        else restarting += 1;
        if ((moved + restarting) % movedAtOnce === 0) await setImmediate();
      }
      if (moved + restarting > 0) log.info({ moved, restarting }, 'live subscriptions go on with the new supergraph');
    },
    count: () => all.size,
    stop() {
      for (const timer of restarts) clearTimeout(timer);
      restarts.clear();
    },
  };
}

/** The same events; `then` is called once, when there are no more or nobody wants them any more. */
function whenEnded(stream: Events, then: () => void): Events {
  let over = false;
  function end(): void {
    if (over) return;
    over = true;
    then();
  }
  return {
    async next() {
      try {
        const step = await stream.next();
        if (step.done === true) end();
        return step;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      return stream.return!();
    },
    async throw(error) {
      end();
      return stream.throw!(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
