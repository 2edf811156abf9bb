import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { GraphQLFormattedError } from 'graphql';
import { badRequest, formatAll } from '../errors.ts';
import type { EnterGeneration } from '../generation.ts';
import type { LiveSettings } from '../live/live-settings.ts';
import type { LiveSubscriptions } from '../live/live-subscriptions.ts';
import { resumeTokenIn } from '../live/resume-token.ts';
import { operationIn, type HttpRequest, type OperationRequest } from '../pipeline/operation-request.ts';
import type { RequestContext } from '../request-context.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AddressOf } from './client-address.ts';
import type { KeptHeaders } from './kept-headers.ts';
import { multipart } from './multipart.ts';
import type { OpenConnections } from './open-connections.ts';
import { isJson } from './request-body.ts';
import { ResponseStream, type StreamHost } from './response-stream.ts';
import { sse } from './sse.ts';
import type { StreamFormat } from './stream-format.ts';
import { sendError, sendJson } from './whole-answer.ts';
import { wantedStreamIn, type WantedStream } from './stream-negotiation.ts';

/** An operation that is answered as a stream, or might be. */
interface Streamed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly operation: OperationRequest;
  readonly context: RequestContext;
  readonly format: StreamFormat;
  readonly wanted: WantedStream;
}

/** A closed response whose client reads nothing any more is cut off after this time. */
const cutOffMs = 2_000;
/** When to come back where all places are taken. */
const retryAfterSeconds = 5;

const formats = { sse, multipart };

/**
 * Subscriptions over HTTP, and whatever else a client wants as a stream.
 *
 * A page of another site can make a browser send a GET or a POST of a simple content type without asking first. So a POST has
 * to have JSON, and with GET nothing may be changed; what a subscription tells a page can't read that CORS doesn't let in.
 */
export function createHttpStreams(options: {
  generation: EnterGeneration;
  subscriptions: LiveSubscriptions;
  /** Where its streams are kept and looked after. */
  open: OpenConnections;
  settings: LiveSettings;
  addressOf: AddressOf;
  keptHeaders: KeptHeaders;
  formatError: FormatError;
  telemetry?: Telemetry | undefined;
}) {
  const { generation: enterGeneration, subscriptions, open, settings, addressOf, keptHeaders, formatError } = options;
  const host: StreamHost = {
    open,
    maxBufferedBytes: settings.maxBufferedBytes,
    maxBufferedMessages: settings.maxBufferedMessages,
    stuckMs: settings.heartbeatMs / 2,
    cutOffMs,
    telemetry: options.telemetry?.transports,
  };

  function begin({ response, context: { requestId }, format }: Streamed): void {
    response.writeHead(200, ['x-request-id', requestId, ...format.headers]);
  }

  function writeErrors(streamed: Streamed, errors: readonly GraphQLFormattedError[]): void {
    const { response, format } = streamed;
    begin(streamed);
    response.end(format.opening() + format.failed(errors));
  }

  function refuse(streamed: Streamed, error: unknown): void {
    streamed.context.observed?.failed([error]);
    writeErrors(streamed, formatAll([error], formatError));
  }

  async function run(streamed: Streamed): Promise<void> {
    const { request, response, operation, context, format, wanted } = streamed;
    const generation = enterGeneration();
    try {
      const outcome = await generation.pipeline.run(operation, context);
      if (outcome.status === 'refused') writeErrors(streamed, outcome.errors);
      else if (outcome.status === 'answered') {
        if (wanted.json) {
          response.setHeader('x-request-id', context.requestId);
          return sendJson(response, 200, outcome.text);
        }
        begin(streamed);
        response.end(format.opening() + format.answered(outcome.text));
      } else if (open.full) {
        response.setHeader('retry-after', retryAfterSeconds);
        sendError(response, 503, 'SERVICE_UNAVAILABLE', 'As many connections are open as may be.');
      } else if (response.socket === null && !response.destroyed) {
        // Behind another request of its connection it may wait for ever, and nothing would tell that its client has gone.
        sendError(response, 400, 'BAD_REQUEST', 'A stream needs a connection on which nothing else is under way.');
      } else if (!response.destroyed) {
        const resume = resumeIn(request, operation, format);
        const given = { request: operation, context, resume, transport: format.transport, address: addressOf(request) };
        begin(streamed);
        response.write(format.opening());
        const client = new ResponseStream(response, format, host);
        if (open.draining) client.restart();
        else client.streams(subscriptions.start(outcome, generation, given, client));
      }
    } finally {
      generation.leave();
    }
  }

  return {
    /** @returns undefined when the answer is to be a plain one; else what answers it as a stream, never rejecting but for faults */
    answering(
      request: IncomingMessage,
      response: ServerResponse,
      given: HttpRequest,
      context: RequestContext,
    ): (() => Promise<void>) | undefined {
      const wanted = wantedStreamIn(request.headers.accept);
      if (wanted === undefined || (given.method !== 'GET' && given.method !== 'POST')) return undefined;
      const operation = operationIn(given);
      if (wanted.json && !mayStream(operation)) return undefined;
      const format = formats[wanted.transport];
      const own = {
        ...context,
        headers: keptHeaders(request.headers),
        ...(given.method === 'GET' && { readOnly: true }),
      };
      const streamed = { request, response, context: own, format, wanted };
      return async function answer() {
        if (given.method === 'POST' && !isJson(request)) {
          context.observed?.failed([{ extensions: { code: 'BAD_REQUEST' } }]);
          sendError(response, 400, 'BAD_REQUEST', 'A POST has to have the content type application/json (CSRF).');
        } else if (operation === undefined) refuse({ ...streamed, operation: {} }, notWellFormed());
        else await run({ ...streamed, operation });
      };
    },
  };
}

export type HttpStreams = ReturnType<typeof createHttpStreams>;

/** A word that every text of a subscription has; where there is a hash in its place, it is asked for. */
function mayStream(operation: OperationRequest | undefined): boolean {
  if (operation === undefined) return false;
  return typeof operation.query === 'string' && operation.query !== ''
    ? operation.query.includes('subscription')
    : true;
}

/** An EventSource has the token that it began with in its address, and the last one in its header. */
function resumeIn(request: IncomingMessage, operation: OperationRequest, format: StreamFormat): string | undefined {
  const last = request.headers['last-event-id'];
  if (format === sse && typeof last === 'string' && last !== '') return last;
  return resumeTokenIn(operation.extensions);
}

function notWellFormed() {
  return badRequest(
    'This is no GraphQL operation: "query" has to be a text, "operationName" too, "variables" and "extensions" objects.',
  );
}
