import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HTTPGraphQLResponse } from '@apollo/server';
import type { Logger } from '@cafe-for-me/lib/log';
import type { Cors } from './cors.ts';
import type { EnterGeneration } from './generation.ts';
import { BadToken, type Caller, type Identity } from './identity.ts';
import { rateLimited, secondsOf, type RateLimit } from './rate-limit.ts';
import { BodyRefused, readBody } from './request-body.ts';
import { requestIdFrom, traceparentFrom } from './request-context.ts';

/** GraphQL over HTTP: reads the request, asks who it is, runs the pipeline, writes the answer. */
export function createHttpTransport(options: {
  generation: EnterGeneration;
  identity: Identity;
  cors: Cors;
  rateLimit: RateLimit | undefined;
  maxBodyBytes: number;
  log: Logger;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { generation: enterGeneration, identity, cors, rateLimit, maxBodyBytes, log } = options;

  async function answer(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    let caller: Caller;
    let body: unknown;
    try {
      caller = await identity.identify(request.headers[identity.header]);
      const wait = rateLimit && (await rateLimit.refusedFor(caller, request));
      if (wait !== undefined) return refuseForNow(response, wait);
      body = request.method === 'POST' ? await readBody(request, maxBodyBytes) : undefined;
    } catch (error) {
      if (error instanceof BadToken) refuseToken(response, requestId, error);
      else if (error instanceof BodyRefused) refuseBody(request, response, error);
      else throw error;
      return;
    }
    const query = request.url?.indexOf('?') ?? -1;
    const generation = enterGeneration();
    try {
      const result = await generation.pipeline.http(
        {
          method: request.method ?? 'GET',
          headers: request.headers,
          search: query < 0 ? '' : request.url!.slice(query),
          body,
        },
        { requestId, traceparent: traceparentFrom(request.headers['traceparent']), caller, headers: request.headers },
      );
      if (result.body.kind === 'complete') writeWhole(response, result, result.body.string);
      else await writeChunks(response, result, result.body.asyncIterator);
    } finally {
      generation.leave();
    }
  }

  function refuseToken(response: ServerResponse, requestId: string, { message, unavailable, cause }: BadToken): void {
    log.info({ requestId, error: cause }, 'a token was refused');
    if (!unavailable) response.setHeader('www-authenticate', 'Bearer error="invalid_token"');
    sendError(response, unavailable ? 503 : 401, unavailable ? 'SERVICE_UNAVAILABLE' : 'UNAUTHENTICATED', message);
  }

  return async function handle(request, response) {
    const requestId = requestIdFrom(request.headers['x-request-id']);
    response.setHeader('x-request-id', requestId);
    try {
      if (cors.answered(request, response)) return;
      await answer(request, response, requestId);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      log.error({ requestId, error }, 'a request could not be answered');
      if (!response.headersSent) sendError(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong.');
      else response.destroy();
    }
  };
}

/** A GraphQL error as the whole answer. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendText(response, status, JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}

/** @param wait in ms */
function refuseForNow(response: ServerResponse, wait: number): void {
  response.setHeader('retry-after', secondsOf(wait));
  sendText(response, 429, JSON.stringify({ errors: [rateLimited(wait)] }));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

function refuseBody(request: IncomingMessage, response: ServerResponse, refused: BodyRefused): void {
  // What the client still sends is not read: the connection can't be used again.
  if (!request.complete) response.setHeader('connection', 'close');
  sendError(response, refused.status, refused.code, refused.message);
}

/** Head and body at once: Node joins them, and a system call is dear. */
function writeWhole(response: ServerResponse, { status, headers }: HTTPGraphQLResponse, text: string): void {
  const head = ['content-length', String(Buffer.byteLength(text))];
  for (const [name, value] of headers) head.push(name, value);
  response.writeHead(status ?? 200, head);
  response.end(text);
}

async function writeChunks(
  response: ServerResponse,
  { status, headers }: HTTPGraphQLResponse,
  chunks: AsyncIterable<string>,
): Promise<void> {
  for (const [name, value] of headers) response.setHeader(name, value);
  response.statusCode = status ?? 200;
  for await (const chunk of chunks) response.write(chunk);
  response.end();
}
