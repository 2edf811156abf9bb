/**
 * Lets subscriptions over stock graphql-ws go on where they were after whatever breaks the connection:
 *
 *     const live = createResumingClient(createClient, { url, connectionParams: (refused) => params(refused) });
 *     const watch = live.subscribe({ query, variables }, { next, resumed, error, complete }, kept);
 */
import type { Client, ClientOptions, FormattedExecutionResult, Sink } from 'graphql-ws';
import {
  backoff,
  operationOf,
  type Kept,
  type LiveExtensions,
  type LiveRequest,
  type Resumed,
} from './resume-token.ts';

const FORBIDDEN = 4403;
/** After so many sockets in a row that were closed with 4403 before they could be used, no fresh token will help. */
const REFUSALS = 3;

export interface ResumingSink<Data> extends Sink<FormattedExecutionResult<Data, LiveExtensions>> {
  /** Comes right before the first `next` after a token was brought back. `reason` says why it is not `exact`. */
  resumed?(outcome: Resumed, reason: string | undefined): void;
}

export interface ResumingSubscription {
  /** For going on later, also in another page: belongs to the last `next` that was handed over. */
  kept(): Kept | undefined;
  stop(): void;
}

export interface ResumingClient {
  /** The stock client, for all else. */
  readonly client: Client;
  /** @param from where an earlier subscription was; it counts for the same operation with the same variables alone */
  subscribe<Data>(payload: LiveRequest, sink: ResumingSink<Data>, from?: Kept): ResumingSubscription;
}

type Params = Record<string, unknown> | undefined;

export interface ResumingOptions extends Omit<ClientOptions, 'connectionParams'> {
  /** As in graphql-ws; a function learns whether the last token was refused or is over (4403), so that a fresh one is wanted. */
  readonly connectionParams?: Params | ((refused: boolean) => Params | Promise<Params>);
  /** How long a ping may stay without answer before the socket is given up. @default 5_000 ms */
  readonly pongWithinMs?: number;
}

/** @param createClient graphql-ws' own */
export function createResumingClient(
  createClient: (options: ClientOptions) => Client,
  { connectionParams, pongWithinMs = 5_000, ...options }: ResumingOptions,
): ResumingClient {
  let refusals = 0;
  let socket: { onmessage: unknown } | undefined;
  let overdue: ReturnType<typeof setTimeout> | undefined;

  const client = createClient({
    retryAttempts: Infinity,
    // Also where nobody listens, which is an error event and no close.
    shouldRetry: () => refusals < REFUSALS,
    retryWait: (tries) => new Promise((resolve) => setTimeout(resolve, backoff(tries))),
    keepAlive: 10_000,
    ...options,
    connectionParams: () =>
      typeof connectionParams === 'function' ? connectionParams(refusals > 0) : connectionParams,
  });
  client.on('connected', function isGood(opened) {
    socket = opened as { onmessage: unknown };
    refusals = 0;
  });
  client.on('closed', function note(event) {
    clearTimeout(overdue);
    if ((event as { code?: number }).code === FORBIDDEN) refusals += 1;
  });
  // A phone that lost its network is told by nobody.
  client.on('ping', function expectPong(received) {
    if (received) return;
    clearTimeout(overdue);
    overdue = setTimeout(giveUpSocket, pongWithinMs);
  });
  client.on('pong', (received) => received && clearTimeout(overdue));

  function giveUpSocket(): void {
    // What may still come from it comes again over the next one.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- graphql-ws listens in this way, and this takes its ears
    if (socket !== undefined) socket.onmessage = null;
    client.terminate();
  }

  function subscribe<Data>(payload: LiveRequest, sink: ResumingSink<Data>, from?: Kept): ResumingSubscription {
    const operation = operationOf(payload);
    // Its own copy: graphql-ws sends this very object again after each reconnect, whatever became of the caller's.
    const sent = JSON.parse(JSON.stringify(payload)) as LiveRequest & { extensions: Record<string, unknown> };
    sent.extensions = { ...sent.extensions };
    let token = from?.operation === operation ? from.token : undefined;
    let foreign = from !== undefined && token === undefined;
    if (token !== undefined) sent.extensions['resume'] = token;

    const stop = client.subscribe<Data, LiveExtensions>(sent, {
      next(result) {
        const { resume, resumed, resumedReason } = result.extensions ?? {};
        if (resume !== undefined) sent.extensions['resume'] = token = resume;
        if (foreign) sink.resumed?.('expired', 'OTHER_OPERATION');
        else if (resumed !== undefined) sink.resumed?.(resumed, resumedReason);
        foreign = false;
        sink.next(result);
      },
      error: (reason) => sink.error(reason),
      complete: () => sink.complete(),
    });
    return { kept: () => (token === undefined ? undefined : { operation, token }), stop };
  }

  return { client, subscribe };
}
