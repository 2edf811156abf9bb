import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import { traceparentIn } from '@cafe-for-me/lib/telemetry';
import {
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  handleProtocols,
  type ConnectionInitMessage,
  type SubscribeMessage,
} from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { BadToken, type Identity } from '../authorization/identity.ts';
import { formatAll } from '../errors.ts';
import type { EnterGeneration } from '../generation.ts';
import { rateLimited, type RateLimit } from '../limits/rate-limit.ts';
import type { LiveSettings } from '../live/live-settings.ts';
import type { LiveSubscriptions } from '../live/live-subscriptions.ts';
import { resumeTokenIn } from '../live/resume-token.ts';
import type { OperationRequest } from '../pipeline/operation-request.ts';
import { logFields, requestIdFrom, type RequestContext } from '../request-context.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { ClientSocket, type SocketHost } from './client-socket.ts';
import type { AddressOf } from './client-address.ts';
import { closings } from './close-codes.ts';
import type { Cors } from './cors.ts';
import { InitTimeout } from './init-timeout.ts';
import type { KeptHeaders } from './kept-headers.ts';
import type { OpenConnections } from './open-connections.ts';
import { endWithError } from './raw-answer.ts';
import { NextFrames } from './socket-frames.ts';
import type { SocketOperation } from './socket-operation.ts';

export interface WebSocketTransport {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** How many sockets are open. */
  count(): number;
}

/** A closed socket whose client doesn't answer, or reads nothing any more, is cut off after this time. */
const cutOffMs = 2_000;
/** When to come back where all places are taken. */
const retryAfterSeconds = 5;

/** graphql-transport-ws: queries, mutations and subscriptions of one socket, all through the pipeline. */
export function createWebSocketTransport(options: {
  generation: EnterGeneration;
  subscriptions: LiveSubscriptions;
  /** Where its sockets are kept and looked after. */
  open: OpenConnections;
  settings: LiveSettings;
  identity: Identity;
  cors: Cors;
  rateLimit: RateLimit | undefined;
  addressOf: AddressOf;
  keptHeaders: KeptHeaders;
  formatError: FormatError;
  log: Logger;
  telemetry?: Telemetry | undefined;
  /** Bytes of one message of a client. */
  maxMessageBytes: number;
}): WebSocketTransport {
  const { generation: enterGeneration, subscriptions, open, settings, identity, cors, rateLimit } = options;
  const { addressOf, keptHeaders, formatError, log, telemetry, maxMessageBytes } = options;
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    // Its own answers to pings have no bound in bytes.
    autoPong: false,
    maxPayload: maxMessageBytes,
    // Newer than the types of `ws`.
    closeTimeout: cutOffMs,
    handleProtocols,
    WebSocket: ClientSocket,
  };
  const server = new WebSocketServer(serverOptions);
  server.on('wsClientError', ({ message }, socket) => endWithError(socket, 400, 'BAD_REQUEST', `${message}.`));
  const uninitialized = new InitTimeout<ClientSocket>(settings.initTimeoutMs, (socket) =>
    socket.end(closings.initializedLate),
  );
  let count = 0;

  const host: SocketHost = {
    frames: new NextFrames(),
    maxBufferedBytes: settings.maxBufferedBytes,
    maxBufferedMessages: settings.maxBufferedMessages,
    maxPerSocket: settings.maxPerSocket,
    // It is pinged once in a round, and asked for its pong in the next.
    pongMs: settings.heartbeatMs / 2,
    telemetry: telemetry?.transports,
    holds: identity.holds,
    initialize,
    operate: (socket, operation, message) => void operate(socket, operation, message),
    refuseOne: (operation) =>
      operation.failed([
        {
          message: `This socket runs ${settings.maxPerSocket} operations, and may not run more at a time.`,
          extensions: { code: 'SUBSCRIPTION_LIMIT_EXCEEDED' },
        },
      ]),
    failed: (error) => log.info({ error }, 'a socket failed'),
    gone(socket, code) {
      count -= 1;
      open.remove(socket);
      uninitialized.done(socket);
      telemetry?.transports?.closed(code);
    },
  };

  function initialize(socket: ClientSocket, { payload }: ConnectionInitMessage): void {
    uninitialized.done(socket);
    try {
      const caller = identity.identify(tokenIn(payload ?? undefined, identity.header) ?? socket.takeToken());
      if (!(caller instanceof Promise)) return socket.accept(caller);
      caller.then(
        (known) => socket.accept(known),
        (error: unknown) => void refuse(socket, error),
      );
    } catch (error) {
      void refuse(socket, error);
    }
  }

  async function refuse(socket: ClientSocket, error: unknown): Promise<void> {
    if (error instanceof BadToken && !error.unavailable) {
      log.info({ error }, 'a socket was refused');
      // Tokens that don't hold are counted where they come from: checking them is not free.
      await rateLimit?.refusedFor(identity.anonymous, socket.address);
      socket.end(closings.forbidden);
    } else {
      log.error({ error }, "a socket's token can't be checked");
      socket.end(closings.tryAgainLater);
    }
  }

  function contextOf(socket: ClientSocket, extensions: OperationRequest['extensions']): RequestContext {
    const { headers, caller = identity.anonymous } = socket;
    const requestId = requestIdFrom(extensions?.['requestId']);
    const given = traceparentIn(extensions?.['traceparent'] ?? headers['traceparent']);
    const observed = telemetry?.requests.began('ws', requestId, given);
    const traceparent = observed === undefined ? given : observed.traceparent;
    return { requestId, traceparent, caller, headers, observed };
  }

  /** Every operation of a socket begins here. Never rejects. */
  async function operate(
    socket: ClientSocket,
    operation: SocketOperation,
    { payload }: SubscribeMessage,
  ): Promise<void> {
    // The protocol wants a text also where its hash is sent: it is empty then.
    const { query, operationName, variables, extensions } = payload;
    const request = { query, operationName, variables, extensions };
    const context = contextOf(socket, extensions);
    try {
      const wait = rateLimit && (await rateLimit.refusedFor(context.caller, socket.address));
      if (wait !== undefined) refuseOperation(operation, rateLimited(wait), context);
      else await run(socket, operation, request, context);
    } catch (error) {
      log.error({ ...logFields(context), error }, 'an operation could not be answered');
      refuseOperation(operation, error, context);
    } finally {
      context.observed?.ended();
    }
  }

  async function run(
    { address }: ClientSocket,
    operation: SocketOperation,
    request: OperationRequest,
    context: RequestContext,
  ): Promise<void> {
    const generation = enterGeneration();
    try {
      const outcome = await generation.pipeline.run(request, context);
      if (outcome.status === 'refused') operation.failed(outcome.errors);
      else if (outcome.status === 'answered') operation.answered(outcome.text);
      else if (!operation.over) {
        const given = { request, context, resume: resumeTokenIn(request.extensions), address };
        operation.streams(subscriptions.start(outcome, generation, { ...given, transport: 'ws' }, operation));
      }
    } finally {
      generation.leave();
    }
  }

  function refuseOperation(operation: SocketOperation, error: unknown, { observed }: RequestContext): void {
    observed?.failed([error]);
    operation.failed(formatAll([error], formatError));
  }

  function accept(socket: ClientSocket, request: IncomingMessage): void {
    const { headers } = request;
    const token = headers[identity.header];
    const origin = { token, headers: keptHeaders(headers), address: addressOf(request) };
    count += 1;
    open.add(socket);
    telemetry?.transports?.opened('ws');
    socket.begin(host, request.socket, origin);
    if (socket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) uninitialized.wait(socket);
    else socket.end(closings.otherProtocol);
  }

  return {
    upgrade(request, socket, head) {
      if (open.draining) return endWithError(socket, 503, 'SERVICE_UNAVAILABLE', 'The router is about to stop.', 1);
      if (!cors.mayOpenSocket(request)) {
        return endWithError(socket, 403, 'FORBIDDEN', 'Pages of this origin may not open sockets here.');
      }
      if (open.full) {
        return endWithError(
          socket,
          503,
          'SERVICE_UNAVAILABLE',
          'As many sockets are open as may be.',
          retryAfterSeconds,
        );
      }
      server.handleUpgrade(request, socket, head, accept);
    },
    count: () => count,
  };
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
