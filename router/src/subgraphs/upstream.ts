import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from '@cafe-for-me/lib/log';
import type { Caller } from '../authorization/identity.ts';
import { subrequestFailed } from '../errors.ts';
import type { Subgraph } from '../supergraph.ts';
import type { SubgraphRequest } from './fetch.ts';
import { answerIn, type SubgraphAnswer, type SubgraphError } from './subgraph-answer.ts';
import type { HeaderRules } from './subgraph-headers.ts';
import { createUpstreamConnection, type Message, type UpstreamTimes } from './upstream-connection.ts';

/** One event, and what the subgraph says of its place in the stream. */
export interface UpstreamEvent {
  /** Its form is checked: what is no GraphQL response comes as one without data, and with an error that says so. */
  readonly answer: SubgraphAnswer;
  readonly place: UpstreamPlace;
}

/** A subgraph that can't resume says none of this. */
export interface UpstreamPlace {
  /** After this the subscriber has everything up to here. */
  readonly position?: string;
  /** How a subscription goes on that asked to. */
  readonly resumed?: 'exact' | 'snapshot';
  /** When the event happened, in ms since 1970. */
  readonly occurredAt?: number;
}

/** What is sent to subscribe. */
export type UpstreamRequest = SubgraphRequest & { readonly extensions: Readonly<Record<string, unknown>> };

/** A subscription as whoever wants it implements it. After `refused`, `lost` or `ended` nothing more comes. */
export interface UpstreamSubscription {
  /** Of the client that it is for: the rules say what of them goes along. */
  readonly clientHeaders: IncomingHttpHeaders;
  /** Asked for when it is about to be sent: an identity is good for a while only. */
  request(): UpstreamRequest;
  event(event: UpstreamEvent): void;
  /** It stands, and there is nothing to send. */
  ready(place: UpstreamPlace): void;
  /** The subgraph said no: GraphQL errors. */
  refused(errors: readonly SubgraphError[]): void;
  /**
   * Subscribing again may work: at once where it was the connection that broke, or could not be made (it takes its time before
   * the next try); after a while where it was this subscription alone.
   */
  lost(reason: unknown, what: 'connection' | 'subscription'): void;
  ended(): void;
}

export interface Upstream {
  /** It is sent as soon as there is a connection. @returns what to call it by */
  subscribe(subscription: UpstreamSubscription): number;
  /** Ends it: the subgraph gets `complete`, and nothing comes any more. */
  unsubscribe(id: number): void;
  close(): void;
}

/**
 * The subscriptions of one subgraph: all of them share one graphql-transport-ws connection, opened when the first one
 * comes and kept for a while after the last.
 *
 * Fixed headers go with the connection. What is passed on from a client can't, as the connection belongs to all of them: it
 * goes as `extensions.headers` of the client's own subscription.
 */
export function createUpstream(options: {
  subgraph: Subgraph;
  /** Says to the subgraph that it is the router who connects. */
  anonymous: Caller;
  headers?: HeaderRules;
  log: Logger;
  times?: Partial<UpstreamTimes> | undefined;
}): Upstream {
  const { subgraph, headers, log } = options;
  const all = new Map<number, UpstreamSubscription>();
  /** In the order in which they came. */
  let unsent: number[] = [];
  let sending = false;
  let lastId = 0;

  const fixedHeaders = recordOf(headers?.fixed ?? []);
  const connection = createUpstreamConnection({ ...options, fixedHeaders, opened, down, heard });

  function opened(): void {
    if (!sending) sendSome();
  }

  /** Many at once would keep the router, and the subgraph, from everything else. */
  function sendSome(): void {
    sending = false;
    if (!connection.isOpen()) return;
    const now = unsent.splice(0, sentAtOnce);
    for (const id of now) {
      const subscription = all.get(id);
      if (subscription !== undefined) send(id, subscription);
    }
    sending = unsent.length > 0;
    if (sending) setImmediate(sendSome);
  }

  function send(id: number, subscription: UpstreamSubscription): void {
    const request = subscription.request();
    const passedOn = headers?.fromClient?.(subscription.clientHeaders);
    const extensions = { ...request.extensions, ...(passedOn && { headers: recordOf(passedOn) }) };
    connection.send({ id: String(id), type: 'subscribe', payload: { ...request, extensions } });
  }

  function down(reason: unknown): void {
    const lost = [...all.values()];
    all.clear();
    unsent = [];
    for (const subscription of lost) subscription.lost(reason, 'connection');
    connection.wanted(all.size);
  }

  function heard(message: Message): void {
    const { type, payload } = message;
    if (type === 'ping') return stands(payload);
    const id = Number(message['id']);
    const subscription = all.get(id);
    // The last messages of one that was ended a moment ago.
    if (subscription === undefined) return;
    if (type === 'next') {
      if (isObject(payload))
        return subscription.event({ answer: eventIn(payload), place: placeIn(payload['extensions']) });
      log.warn({ subgraph: subgraph.name }, 'an event is no GraphQL response, and not even an object');
      connection.send({ id: String(id), type: 'complete' });
      remove(id);
      subscription.lost('an event was not an object', 'subscription');
    } else if (type === 'error') {
      remove(id);
      subscription.refused(errorsIn(payload));
    } else if (type === 'complete') {
      remove(id);
      subscription.ended();
    }
  }

  /** A ping that tells of a subscription. */
  function stands(payload: unknown): void {
    if (isObject(payload)) all.get(Number(payload['id']))?.ready(placeIn(payload));
  }

  function remove(id: number): void {
    all.delete(id);
    connection.wanted(all.size);
  }

  function withoutForm(message: string): readonly SubgraphError[] {
    log.warn({ subgraph: subgraph.name }, message);
    const { message: told, extensions } = subrequestFailed(subgraph.name);
    return [{ message: told, extensions }];
  }

  function eventIn(payload: Record<string, unknown>): SubgraphAnswer {
    return answerIn(payload) ?? { data: null, errors: withoutForm('an event is no GraphQL response') };
  }

  function errorsIn(errors: unknown): readonly SubgraphError[] {
    return answerIn({ errors })?.errors ?? withoutForm('a subscription was refused without GraphQL errors');
  }

  return {
    subscribe(subscription) {
      const id = ++lastId;
      all.set(id, subscription);
      unsent.push(id);
      connection.wanted(all.size);
      if (connection.isOpen() && !sending) sendSome();
      return id;
    },
    unsubscribe(id) {
      if (!all.delete(id)) return;
      if (connection.isOpen()) connection.send({ id: String(id), type: 'complete' });
      connection.wanted(all.size);
    },
    close: () => connection.close(),
  };
}

const sentAtOnce = 200;

function placeIn(said: unknown): UpstreamPlace {
  if (!isObject(said)) return nowhere;
  const { position, resumed, occurredAt } = said;
  return {
    ...(typeof position === 'string' && { position }),
    ...((resumed === 'exact' || resumed === 'snapshot') && { resumed }),
    ...(Number.isFinite(occurredAt) && { occurredAt: occurredAt as number }),
  };
}

const nowhere: UpstreamPlace = {};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param pairs names and values by turns */
function recordOf(pairs: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (let index = 0; index < pairs.length; index += 2) entries.push([pairs[index]!, pairs[index + 1]!]);
  return Object.fromEntries(entries);
}
