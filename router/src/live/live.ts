import { setImmediate } from 'node:timers/promises';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import type { Caller, Identity } from '../authorization/identity.ts';
import { formatAll } from '../errors.ts';
import type { Generation } from '../generation.ts';
import { logFields } from '../request-context.ts';
import type { SubgraphSettings } from '../subgraphs/subgraph-settings.ts';
import { createDeadlines } from '../subgraphs/subgraph-deadlines.ts';
import type { LiveTelemetry } from '../telemetry/telemetry-live.ts';
import { createCallers, tooManySubscriptions } from './callers.ts';
import { Expiries } from './expiries.ts';
import type { LiveSettings } from './live-settings.ts';
import type { Accepted, Given, LiveSubscriptions } from './live-subscriptions.ts';
import { positionIn, type Position } from './position.ts';
import { Restarts } from './restarts.ts';
import { createResumeTokens, resumeKeyFrom, type TokenScope } from './resume-token.ts';
import { createSharedHeaders, slimContext, slimRequest } from './slim.ts';
import { Subscriber, type EndReason } from './subscriber.ts';
import { expired, notKnownYet, snapshot, type Telling } from './telling.ts';
import { scopeOf, topicKey } from './topic-key.ts';
import { Topic, type CohortLimits, type Surroundings } from './topic.ts';

const usualLimits: CohortLimits = { waitingEvents: 1_000, newTries: 5, newMs: 5_000, retryMs: 100 };

/** Between two breaths while many are moved: requests must not wait long. */
const movedAtOnce = 20;

/** The running subscriptions of all transports: those that are the same share what is done for them. */
export function createLiveSubscriptions(options: {
  settings: LiveSettings;
  subgraphs: SubgraphSettings;
  identity: Pick<Identity, 'holds' | 'onRevoked'>;
  /** What `settings.resumeKey` is taken from when it is not set. */
  routerKey: string | undefined;
  /** Over how long those are ended that a reload doesn't allow. */
  restartSpreadMs: number;
  limits?: Partial<CohortLimits> | undefined;
  formatError: FormatError;
  log: Logger;
  telemetry?: LiveTelemetry | undefined;
}): LiveSubscriptions {
  const { settings, identity, routerKey, formatError, log, telemetry } = options;
  const sharedHeaders = createSharedHeaders(options.subgraphs);
  const key = resumeKeyFrom(settings.resumeKey ?? routerKey);
  const tokens = createResumeTokens({ key, maxAgeMs: settings.resumeMaxAgeMs });
  const around: Surroundings = {
    tokens,
    deadlines: createDeadlines(settings.eventDeadlineMs),
    limits: { ...usualLimits, ...options.limits },
    formatError,
    log,
    telemetry,
    ended: forget,
  };
  /** Those that newcomers may join, by their keys. */
  const open = new Map<string, Topic>();
  const all = new Set<Topic>();
  const callers = createCallers(settings.maxPerCaller);
  const counts = new Map([['ws', 0], ['sse', 0], ['multipart', 0]]); // prettier-ignore
  const expiries = new Expiries<Subscriber>((subscriber) => subscriber.end('expired'));
  const restarts = new Restarts(options.restartSpreadMs);
  let newest: Generation | undefined;

  function forget(topic: Topic): void {
    all.delete(topic);
    if (open.get(topic.key) === topic) open.delete(topic.key);
  }

  function over(subscriber: Subscriber, reason: EndReason): void {
    const { transport, caller, countedBy } = subscriber;
    counts.set(transport, counts.get(transport)! - 1);
    callers.leave(countedBy);
    expiries.remove(subscriber, caller.expiresAt);
    telemetry?.ended(reason);
  }

  function* subscribers(topics: Iterable<Topic>): Generator<Subscriber> {
    for (const topic of topics) for (const cohort of topic.cohorts) yield* cohort.clients;
  }

  telemetry?.show({
    subscriptions: () => counts,
    topics: () => all.size,
    upstreams: () => [...all].reduce((sum, { cohorts }) => sum + cohorts.length, 0),
  });

  identity.onRevoked(function endRevoked() {
    // The end of one may move others.
    const everybody = [...subscribers(all)];
    for (const one of everybody) if (!identity.holds(one.caller)) one.end('withdrawn');
  });

  /** Where a client wants to go on from, and what it has to be told if that is no use. */
  function read(resume: string | undefined, scope: TokenScope): { start?: Position; telling: Telling | undefined } {
    if (resume === undefined) return { telling: undefined };
    const token = tokens.read(resume, scope);
    if (token.refused !== undefined) return { telling: expired[token.refused] };
    const start = positionIn(token.position);
    return start === undefined ? { telling: snapshot } : { start, telling: notKnownYet };
  }

  function topicFor(accepted: Accepted, generation: Generation, { request, context }: Given, scope: TokenScope): Topic {
    const headers = sharedHeaders(context.headers);
    const key = topicKey(accepted, scope, context.caller, headers);
    const known = open.get(key);
    if (known !== undefined && known.generation === generation) return known;
    const { subscription } = accepted;
    const topic = new Topic(
      {
        key,
        scope,
        request: slimRequest(request, accepted),
        context: slimContext(context, headers),
        subscription,
        generation,
      },
      around,
    );
    all.add(topic);
    // Accepted by a supergraph that was replaced meanwhile: nobody else is to join what may have to end.
    if (newest === undefined || generation === newest) open.set(key, topic);
    else void moveOrRestart(topic, newest);
    return topic;
  }

  /** @returns whether `topic` is where it should be: in the generation `to`, or at its end */
  async function move(topic: Topic, to: Generation): Promise<boolean> {
    const from = topic.generation;
    if (from === to) return true;
    to.enter();
    try {
      const outcome = await to.pipeline.run(topic.request, topic.context);
      if (topic.isOver() || topic.generation !== from) return true;
      return outcome.status === 'streams' && topic.moveTo(to, outcome.subscription);
    } catch (error) {
      log.warn({ error, ...logFields(topic.context) }, 'a subscription could not be moved');
      return false;
    } finally {
      to.leave();
    }
  }

  /** @returns how many clients go on, and how many do not */
  async function moveOrRestart(topic: Topic, to: Generation): Promise<{ moved: number; restarting: number }> {
    const moved = await move(topic, to);
    const those = [...subscribers([topic])];
    if (moved) return { moved: those.length, restarting: 0 };
    if (open.get(topic.key) === topic) open.delete(topic.key);
    restarts.add(those);
    return { moved: 0, restarting: those.length };
  }

  return {
    start(accepted, generation, given, client) {
      const { context, resume, transport, address } = given;
      const { caller } = context;
      const refusal = refusalOf(caller);
      if (refusal !== undefined) return later(() => client.ended(refusal));
      const countedBy = callers.enter(caller, address);
      if (countedBy === undefined) {
        const errors = formatAll([tooManySubscriptions()], formatError);
        return later(() => client.failed(errors));
      }
      const scope = scopeOf(accepted, caller);
      const { start, telling } = read(resume, scope);
      const subscriber = new Subscriber({ caller, transport, countedBy, telling }, client, over);
      counts.set(transport, counts.get(transport)! + 1);
      expiries.add(subscriber, caller.expiresAt);
      telemetry?.started(transport);
      topicFor(accepted, generation, given, scope).add(subscriber, start);
      return (reason) => subscriber.stop(reason);
    },
    async moveTo(to) {
      newest = to;
      let moved = 0;
      let restarting = 0;
      let looked = 0;
      for (const topic of all) {
        if (topic.generation === to) continue;
        const these = await moveOrRestart(topic, to);
        moved += these.moved;
        restarting += these.restarting;
        looked += 1;
        if (looked % movedAtOnce === 0) await setImmediate();
      }
      if (moved + restarting > 0) log.info({ moved, restarting }, 'live subscriptions go on with the new supergraph');
    },
    count: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    stop: () => restarts.stop(),
  };

  function refusalOf(caller: Caller): 'expired' | 'withdrawn' | undefined {
    if (!identity.holds(caller)) return 'withdrawn';
    return caller.expiresAt !== undefined && caller.expiresAt <= Date.now() ? 'expired' : undefined;
  }
}

/** Nothing is told before `start` has returned. @returns takes it back */
function later(tell: () => void): () => void {
  let isWanted = true;
  queueMicrotask(() => {
    if (isWanted) tell();
  });
  return () => {
    isWanted = false;
  };
}
