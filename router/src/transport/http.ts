import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer } from '../pipeline/answer-text.ts';
import type { Logger } from '@cafe-for-me/lib/log';
import { traceparentIn } from '@cafe-for-me/lib/telemetry';
import type { AddressOf } from './client-address.ts';
import type { Cors } from './cors.ts';
import type { EnterGeneration } from '../generation.ts';
import { BadToken, type Caller, type Identity } from '../authorization/identity.ts';
import { rateLimited, secondsOf, type RateLimit } from '../limits/rate-limit.ts';
import { BodyRefused, readBody } from './request-body.ts';
import type { HttpStreams } from './http-streams.ts';
import { sendError, sendJson } from './whole-answer.ts';
import { logFields, requestIdFrom, type RequestContext } from '../request-context.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** What is known of an operation before it is read. */
type Arrived = Pick<RequestContext, 'requestId' | 'traceparent' | 'observed'>;

/** GraphQL over HTTP: reads the request, asks who it is, runs the pipeline, writes the answer. */
export function createHttpTransport(options: {
  generation: EnterGeneration;
  identity: Identity;
  cors: Cors;
  rateLimit: RateLimit | undefined;
  addressOf: AddressOf;
  maxBodyBytes: number;
  /** Answers what is wanted as a stream. */
  streams: HttpStreams;
  log: Logger;
  telemetry?: Telemetry | undefined;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const {
    generation: enterGeneration,
    identity,
    cors,
    rateLimit,
    addressOf,
    maxBodyBytes,
    streams,
    log,
    telemetry,
  } = options;

  async function answer(request: IncomingMessage, response: ServerResponse, operation: Arrived): Promise<void> {
    const { observed } = operation;
    let caller: Caller;
    let body: unknown;
    try {
      caller = await identity.identify(request.headers[identity.header]);
      const wait = rateLimit && (await rateLimit.refusedFor(caller, addressOf(request)));
      if (wait !== undefined) return refuseForNow(response, operation, wait);
      body = request.method === 'POST' ? await readBody(request, maxBodyBytes) : undefined;
    } catch (error) {
      if (error instanceof BadToken) await refuseToken(request, response, operation, error);
      else if (error instanceof BodyRefused) refuseBody(request, response, operation, error);
      else throw error;
      return;
    }
    const query = request.url?.indexOf('?') ?? -1;
    const given = {
      method: request.method ?? 'GET',
      headers: request.headers,
      search: query < 0 ? '' : request.url!.slice(query),
      body,
    };
    const context = { ...operation, caller, headers: request.headers };
    const streaming = streams.answering(request, response, given, context);
    if (streaming !== undefined) return streaming();
    const generation = enterGeneration();
    try {
      const result = await generation.pipeline.http(given, context);
      // Whatever Apollo Server refused without a word to anybody.
      if ((result.status ?? 200) >= 400) observed?.failed([{ extensions: { code: 'BAD_REQUEST' } }]);
      if (result.body.kind === 'bytes') writeWhole(response, operation, result, result.body.bytes);
      else if (result.body.kind === 'complete') writeWhole(response, operation, result, result.body.string);
      else await writeChunks(response, operation, result, result.body.asyncIterator);
    } finally {
      generation.leave();
    }
  }

  async function refuseToken(
    request: IncomingMessage,
    response: ServerResponse,
    operation: Arrived,
    error: BadToken,
  ): Promise<void> {
    // Tokens that don't hold are counted where they come from: checking them is not free.
    const { message, unavailable, cause } = error;
    const wait = unavailable ? undefined : await rateLimit?.refusedFor(identity.anonymous, addressOf(request));
    if (wait !== undefined) return refuseForNow(response, operation, wait);
    const fields = { ...logFields(operation), error: cause };
    if (unavailable) log.error(fields, "a token can't be checked");
    else log.info(fields, 'a token was refused');
    if (!unavailable) response.setHeader('www-authenticate', 'Bearer error="invalid_token"');
    const code = unavailable ? 'SERVICE_UNAVAILABLE' : 'UNAUTHENTICATED';
    operation.observed?.failed([{ extensions: { code } }]);
    response.setHeader('x-request-id', operation.requestId);
    sendError(response, unavailable ? 503 : 401, code, message);
  }

  function arrived(request: IncomingMessage, requestId: string): Arrived {
    const traceparent = traceparentIn(request.headers['traceparent']);
    if (telemetry === undefined) return { requestId, traceparent, observed: undefined };
    const observed = telemetry.requests.began('http', requestId, traceparent);
    return { requestId, traceparent: observed.traceparent, observed };
  }

  return async function handle(request, response) {
    const requestId = requestIdFrom(request.headers['x-request-id']);
    if (cors.answered(request, response)) return;
    const operation = arrived(request, requestId);
    try {
      await answer(request, response, operation);
    } catch (error) {
      operation.observed?.failed([error]);
      if (request.destroyed && !request.complete) return;
      log.error({ ...logFields(operation), error }, 'a request could not be answered');
      if (response.headersSent) {
        response.destroy();
        return;
      }
      response.setHeader('x-request-id', requestId);
      sendError(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong.');
    } finally {
      operation.observed?.ended();
    }
  };
}

/** @param wait in ms */
function refuseForNow(response: ServerResponse, { observed, requestId }: Arrived, wait: number): void {
  const error = rateLimited(wait);
  observed?.failed([error]);
  response.setHeader('x-request-id', requestId);
  response.setHeader('retry-after', secondsOf(wait));
  sendJson(response, 429, JSON.stringify({ errors: [error] }));
}

function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  { observed, requestId }: Arrived,
  refused: BodyRefused,
): void {
  response.setHeader('x-request-id', requestId);
  observed?.failed([{ extensions: { code: refused.code } }]);
  // What the client still sends is not read: the connection can't be used again.
  if (!request.complete) response.setHeader('connection', 'close');
  sendError(response, refused.status, refused.code, refused.message);
}

/**
 * Head and body at once: Node joins them, and a system call is dear. All headers at once as well: those set before are merged
 * one by one.
 */
function writeWhole(
  response: ServerResponse,
  { requestId }: Arrived,
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  body: string | Buffer,
): void {
  const head = ['x-request-id', requestId, 'content-length', String(Buffer.byteLength(body))];
  for (const [name, value] of headers) head.push(name, value);
  response.writeHead(status ?? 200, head);
  response.end(body);
}

async function writeChunks(
  response: ServerResponse,
  { requestId }: Arrived,
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  chunks: AsyncIterable<string>,
): Promise<void> {
  response.setHeader('x-request-id', requestId);
  for (const [name, value] of headers) response.setHeader(name, value);
  response.statusCode = status ?? 200;
  for await (const chunk of chunks) response.write(chunk);
  response.end();
}
