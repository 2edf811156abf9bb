import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import { traceparentIn } from '@cafe-for-me/lib/telemetry';
import { GraphQLError, parse, type ExecutionArgs, type GraphQLFormattedError } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { answerText } from '../pipeline/answer-text.ts';
import type { Cors } from './cors.ts';
import { formatAll } from '../errors.ts';
import type { Executed } from '../execute.ts';
import { within, type EnterGeneration, type Generation } from '../generation.ts';
import { BadToken, type Caller, type Identity } from '../authorization/identity.ts';
import type { LiveSubscription, LiveSubscriptions } from './live-subscriptions.ts';
import type { Outcome } from '../pipeline/pipeline.ts';
import { rateLimited, type RateLimit } from '../limits/rate-limit.ts';
import { endWithError } from './raw-answer.ts';
import { logFields, requestIdFrom, type RequestContext } from '../request-context.ts';
import { createStream, StreamFailed, type StreamLimits } from './subscribe.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { closed, serveSocket } from './websocket-connection.ts';
import { frames, only } from './websocket-frames.ts';

export interface WebSocketTransport {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** How many sockets are open. */
  count(): number;
  /** Closes all sockets with 1012, which clients answer by connecting again, elsewhere. */
  drain(): Promise<void>;
}

/** What a socket carries. */
interface Extra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  caller?: Caller;
}

/** Close codes that are not in graphql-ws' list, from the WebSocket registry. */
const serviceRestart = 1012;
const tryAgainLater = 1013;
/** A timer can't be set further ahead. */
const longestTimerMs = 2 ** 31 - 1;

/** graphql-ws looks at the document only to choose between `execute` and `subscribe`. */
const anyQuery = parse('query { any }');

/** graphql-transport-ws: queries, mutations and subscriptions of one socket, all through the pipeline. */
export function createWebSocketTransport(options: {
  generation: EnterGeneration;
  subscriptions: LiveSubscriptions;
  identity: Identity;
  cors: Cors;
  rateLimit: RateLimit | undefined;
  formatError: FormatError;
  log: Logger;
  streamLimits?: StreamLimits | undefined;
  telemetry?: Telemetry | undefined;
  /** Bytes of one message of a client. */
  maxMessageBytes: number;
  /** A ping goes so often; a socket that doesn't answer before the next is ended. @default 12_000 ms */
  pingMs?: number;
}): WebSocketTransport {
  const { generation: enterGeneration, subscriptions, identity, cors, rateLimit, formatError, log } = options;
  const { streamLimits, telemetry, maxMessageBytes, pingMs = 12_000 } = options;
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, handleProtocols });
  webSockets.on('wsClientError', ({ message }, socket) => endWithError(socket, 400, 'BAD_REQUEST', `${message}.`));
  const { events: sentEvents } = telemetry ?? {};
  let draining = false;

  function eventText(event: Executed): string {
    if (sentEvents !== undefined) sentEvents.value += 1;
    return answerText(event, formatError);
  }

  async function connect(context: Context<Record<string, unknown>, Extra>): Promise<boolean> {
    const { extra, connectionParams } = context;
    try {
      const { header } = identity;
      extra.caller = await identity.identify(tokenIn(connectionParams, header) ?? extra.request.headers[header]);
    } catch (error) {
      if (error instanceof BadToken && !error.unavailable) {
        log.info({ error }, 'a socket was refused');
        await rateLimit?.refusedFor(identity.anonymous, extra.request);
      } else {
        log.error({ error }, "a socket's token can't be checked");
        extra.socket.close(tryAgainLater, 'Try again later');
      }
      return false;
    }
    closeAtExpiry(extra);
    return true;
  }

  function closeAtExpiry({ caller, socket }: Extra): void {
    if (caller?.expiresAt === undefined) return;
    const timer = setTimeout(
      () => socket.close(CloseCode.Forbidden, 'Forbidden'),
      Math.min(Math.max(caller.expiresAt - Date.now(), 0), longestTimerMs),
    );
    socket.once('close', () => clearTimeout(timer));
  }

  function contextOf({ caller, request }: Extra, { extensions }: SubscribePayload): RequestContext {
    const requestId = requestIdFrom(extensions?.['requestId']);
    const given = traceparentIn(extensions?.['traceparent'] ?? request.headers['traceparent']);
    const observed = telemetry?.requests.began('ws', requestId, given);
    const traceparent = observed === undefined ? given : observed.traceparent;
    return { requestId, traceparent, caller: caller ?? identity.anonymous, headers: request.headers, observed };
  }

  /** Streams what `generation` accepted; it is left when the stream has ended. */
  function stream(
    { subscription, variables }: Extract<Outcome, { status: 'streams' }>,
    generation: Generation,
    { request, context }: Pick<LiveSubscription, 'request' | 'context'>,
    socket: WebSocket,
  ) {
    const events = createStream({
      subscription: within(generation, subscription),
      variables,
      upstream: generation.upstreams.get(subscription.primary.serviceName)!,
      context,
      log,
      overflowed: () => socket.close(tryAgainLater, 'Too slow'),
      ...(streamLimits && { limits: streamLimits }),
    });
    const restart = () => socket.close(serviceRestart, 'Service Restart');
    return subscriptions.add({ request, context, stream: events, restart }, generation);
  }

  /** Every operation of a socket begins here. */
  async function answerTo(
    context: RequestContext,
    extra: Extra,
    id: string,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | GraphQLError[]> {
    const { operationName, variables, extensions } = payload;
    // The protocol wants a text also where its hash is sent: it is empty then.
    const request = { query: payload.query, operationName, variables, extensions };
    const { socket } = extra;
    const wait = rateLimit && (await rateLimit.refusedFor(context.caller, extra.request));
    if (wait !== undefined) return [noted(rateLimited(wait), context)];
    const generation = enterGeneration();
    let streaming = false;
    try {
      const outcome = await generation.pipeline.run(request, context);
      if (outcome.status === 'refused') return refused(outcome.errors);
      if (outcome.status === 'answered') return handedOver(frames(id, only(outcome.text), socket, (text) => text));
      streaming = true;
      const events = stream(outcome, generation, { request, context }, socket);
      return handedOver(frames(id, events, socket, eventText));
    } catch (error) {
      log.error({ ...logFields(context), error }, 'an operation could not be answered');
      return refused(formatAll([noted(error, context)], formatError));
    } finally {
      if (!streaming) generation.leave();
    }
  }

  const protocol = makeServer<Record<string, unknown>, Extra>({
    onConnect: connect,
    async onSubscribe({ extra }, id, payload) {
      const context = contextOf(extra, payload);
      try {
        return await answerTo(context, extra, id, payload);
      } finally {
        context.observed?.ended();
      }
    },
    execute: (args) => args.contextValue as AsyncIterableIterator<never>,
    onError(_context, _id, _payload, errors) {
      const origin = errors[0]?.originalError;
      if (origin instanceof Refused) return [...origin.formatted];
      if (origin instanceof StreamFailed) return formatAll(origin.errors, formatError);
      return formatAll(
        errors.map((error) => error.originalError ?? error),
        formatError,
      );
    },
  });

  function accept(socket: WebSocket, request: IncomingMessage): void {
    serveSocket({ protocol, socket, extra: { socket, request }, pingMs, log });
  }

  return {
    upgrade(request, socket, head) {
      if (draining) return endWithError(socket, 503, 'SERVICE_UNAVAILABLE', 'The router is about to stop.');
      if (!cors.mayOpenSocket(request)) {
        return endWithError(socket, 403, 'FORBIDDEN', 'Pages of this origin may not open sockets here.');
      }
      webSockets.handleUpgrade(request, socket, head, accept);
    },
    count: () => webSockets.clients.size,
    async drain() {
      draining = true;
      await Promise.all([...webSockets.clients].map((socket) => closed(socket, serviceRestart, 'Service Restart')));
    },
  };
}

function noted<Failure>(error: Failure, { observed }: RequestContext): Failure {
  observed?.failed([error]);
  return error;
}

/** `{ authorization }`, `{ Authorization }` or `{ headers: { authorization } }`, as clients' libraries differ. */
function tokenIn(params: Readonly<Record<string, unknown>> | undefined, header: string): string | undefined {
  for (const place of [params, params?.['headers']]) {
    if (typeof place !== 'object' || place === null) continue;
    for (const [name, value] of Object.entries(place)) {
      if (name.toLowerCase() === header && typeof value === 'string') return value;
    }
  }
  return undefined;
}

function handedOver(contextValue: AsyncIterableIterator<never>): ExecutionArgs {
  return { schema: undefined as never, document: anyQuery, contextValue };
}

/** Carries errors through graphql-ws, which knows other ones, to where they are sent. */
class Refused extends Error {
  readonly formatted: readonly GraphQLFormattedError[];

  constructor(formatted: readonly GraphQLFormattedError[]) {
    super('refused');
    this.formatted = formatted;
  }
}

function refused(errors: readonly GraphQLFormattedError[]): GraphQLError[] {
  return [new GraphQLError('refused', { originalError: new Refused(errors) })];
}
