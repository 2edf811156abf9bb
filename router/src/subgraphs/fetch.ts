import { identityHeader } from '@cafe-for-me/lib/router-identity';
import type { Logger } from '@cafe-for-me/lib/log';
import type { GraphQLError } from 'graphql';
import { rethrowCopy, subrequestFailed, subrequestLeftAlone, subrequestTimedOut } from '../errors.ts';
import type { FetchNotes } from '../execution/explanation.ts';
import { logFields, type RequestContext } from '../request-context.ts';
import { isOfUse } from './subgraph-answer.ts';
import { createBreaker, type Admission, type Breaker } from './subgraph-breaker.ts';
import { createSubgraphConnections, type NoAnswer } from './subgraph-connections.ts';
import { createRetries } from './subgraph-retry.ts';
import type { OneSubgraphSettings } from './subgraph-settings.ts';
import type { Flight, Flights } from './subgraph-sharing.ts';
import type { Subgraph } from '../supergraph.ts';
import type { FetchesTelemetry, ObservedFetch } from '../telemetry/telemetry-fetches.ts';

/** What goes to a subgraph. */
export interface SubgraphRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
}

/** What may be done with a fetch beside sending it once. */
export interface FetchUse {
  /** It changes nothing: it may be sent again. */
  readonly repeatable: boolean;
  /** Its answer may be one that others asked for a moment before, or be given to them. */
  readonly shareable: boolean;
  /** Told how it went, where somebody wants to know. */
  readonly notes?: FetchNotes | undefined;
}

export interface SubgraphFetch {
  /**
   * Sends `body` (JSON) and gives the text of the answer: its status and size are checked, what it says is not; see `parseAnswer`.
   *
   * @throws GraphQLError with code SUBREQUEST_TIMEOUT or SUBREQUEST_FAILED, which name the subgraph and nothing more
   */
  exchange(body: string, context: RequestContext, use: FetchUse): Promise<string>;
  /** Says in the log that a text is no GraphQL response. @returns the error for the client, as those of `exchange` */
  unusable(text: string, context: RequestContext): GraphQLError;
  close(): Promise<void>;
}

/** What came of a fetch, as metrics and traces call it. */
type Outcome = 'ok' | 'left_alone' | 'status' | NoAnswer;

/** One fetch, from being asked for to its answer. */
interface Fetch {
  readonly headers: string[];
  readonly body: string;
  readonly context: RequestContext;
  readonly observed: ObservedFetch | undefined;
  readonly repeatable: boolean;
  resolve(text: string): void;
  reject(error: Error): void;
  flight: Flight | undefined;
  admission: Admission;
  /** How often it was sent. */
  tries: number;
}

/** What observes a fetch, and tells somebody else as well how often it was sent. */
function alsoNoted(
  observed: ObservedFetch | undefined,
  traceparent: string | undefined,
  notes: FetchNotes,
): ObservedFetch {
  return {
    traceparent,
    ended(outcome, tries) {
      observed?.ended(outcome, tries);
      notes.ended(tries);
    },
  };
}

/** Who asks for what is under way must have most of the time-out left: the part of it in which others join. */
const joinablePart = 0.1;

const alwaysClosed: Breaker = { admit: () => 'usual', succeeded() {}, failed() {} };

/**
 * The way to one subgraph: header rules, requests that are shared, retries, a circuit breaker, and a time-out for each
 * request.
 */
export function createSubgraphFetch(options: {
  subgraph: Subgraph;
  settings: OneSubgraphSettings;
  /** Of all subgraphs. */
  flights: Flights;
  log: Logger;
  telemetry?: FetchesTelemetry | undefined;
}): SubgraphFetch {
  const { subgraph, settings, flights, log, telemetry } = options;
  const { name } = subgraph;
  const { timeoutMs, shareInFlight } = settings;
  const { fixed, fromClient } = settings.headers;
  const connections = createSubgraphConnections<Fetch>({ ...settings, url: subgraph.url }, { answered, failed });
  const retries = createRetries(settings.retry);
  const breaker = settings.breaker.enabled ? createBreaker(settings.breaker, breakerChanged) : alwaysClosed;
  const underWay = flights.ofSubgraph(timeoutMs * joinablePart);
  const sameForAll = ['content-type', 'application/json', 'accept', 'application/json', ...fixed];

  function breakerChanged(state: 'opened' | 'closed'): void {
    telemetry?.breaker(state);
    log.warn({ subgraph: name }, `circuit breaker ${state}`);
  }

  function begin(fetch: Fetch): void {
    fetch.admission = breaker.admit();
    if (fetch.admission === 'refused') {
      end(fetch, 'left_alone');
      fetch.reject(subrequestLeftAlone(name));
      return;
    }
    fetch.tries += 1;
    connections.send(fetch, fetch.headers, fetch.body);
  }

  function end({ flight, repeatable, observed, tries }: Fetch, outcome: Outcome): void {
    observed?.ended(outcome, tries);
    if (flight !== undefined) underWay.remove(flight);
    if (!repeatable) flights.forgetAll();
  }

  function answered(fetch: Fetch, status: number, text: string): void {
    if (isOfUse(status, text)) {
      breaker.succeeded(fetch.admission);
      end(fetch, 'ok');
      fetch.resolve(text);
      return;
    }
    // An answer that isn't understood tells of a wrong address or a gateway without a server behind it; 4xx is about us.
    if (status >= 400 && status < 500) breaker.succeeded(fetch.admission);
    else breaker.failed(fetch.admission);
    const mayPass = status === 502 || status === 503 || status === 504;
    if (mayPass && again(fetch, 'status')) return;
    giveUp(fetch, 'status', `HTTP ${status}: ${text.slice(0, 500)}`, subrequestFailed(name));
  }

  function failed(fetch: Fetch, kind: NoAnswer, reason: unknown): void {
    if (kind === 'oversized' || kind === 'unreadable' || kind === 'unsent') breaker.succeeded(fetch.admission);
    else breaker.failed(fetch.admission);
    if (again(fetch, kind)) return;
    if (kind === 'timeout') giveUp(fetch, kind, `nothing after ${timeoutMs} ms`, subrequestTimedOut(name));
    else giveUp(fetch, kind, reason, subrequestFailed(name));
  }

  /** @returns false when it may not be sent again */
  function again(fetch: Fetch, failure: NoAnswer | 'status'): boolean {
    if (!fetch.repeatable) return false;
    const waitMs = retries.after(failure, fetch.tries);
    if (waitMs === undefined) return false;
    telemetry?.retried();
    setTimeout(begin, waitMs, fetch);
    return true;
  }

  function giveUp(fetch: Fetch, outcome: Outcome, reason: unknown, error: Error): void {
    const { context, tries } = fetch;
    log.warn({ subgraph: name, ...logFields(context), tries, error: reason }, 'a subgraph did not answer');
    end(fetch, outcome);
    fetch.reject(error);
  }

  function exchange(
    body: string,
    context: RequestContext,
    { repeatable, shareable, notes }: FetchUse,
  ): Promise<string> {
    const identity = context.caller.signed();
    const headers = fromClient === undefined ? [] : fromClient(context.headers);
    if (identity !== undefined) headers.push(identityHeader, identity);
    const shared = shareable && shareInFlight;
    // No header holds a line's end: different ones never make the same text.
    const scope = shared && headers.length > 0 ? headers.join('\n') : '';
    if (shared) {
      const known = underWay.find(scope, body);
      // An error belongs to one request, where it gets a path.
      if (known !== undefined) {
        telemetry?.shared();
        notes?.joined();
        return known.catch(rethrowCopy);
      }
    }
    headers.push(...sameForAll, 'x-request-id', context.requestId);
    const began = telemetry?.began(context.traceparent);
    const traceparent = began === undefined ? context.traceparent : began.traceparent;
    const observed = notes === undefined ? began : alsoNoted(began, traceparent, notes);
    if (traceparent !== undefined) headers.push('traceparent', traceparent);
    let fetch!: Fetch;
    const text = new Promise<string>((resolve, reject) => {
      fetch = {
        headers,
        body,
        context,
        observed,
        repeatable,
        resolve,
        reject,
        flight: undefined,
        admission: 'usual',
        tries: 0,
      };
    });
    if (shared) fetch.flight = underWay.add(scope, body, text);
    retries.began();
    begin(fetch);
    return text;
  }

  return {
    exchange,
    unusable(text, context) {
      log.warn(
        { subgraph: name, ...logFields(context), error: `no GraphQL response: ${text.slice(0, 500)}` },
        'a subgraph did not answer',
      );
      return subrequestFailed(name);
    },
    close: () => connections.close(),
  };
}
