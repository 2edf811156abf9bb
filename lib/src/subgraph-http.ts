import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer, type BaseContext } from '@apollo/server';
import { errorCodes } from './errors.ts';
import { errorBody, sendText } from './http-answer.ts';
import { inContext, type Logger } from './log.ts';
import { requestIdHeader, requestIdOf } from './request-id.ts';
import { identityHeader, type RouterIdentity } from './router-identity.ts';
import type { MakeContext } from './subgraph-context.ts';
import type { ObservedOperation } from './subgraph-telemetry.ts';
import { traceparentIn } from './telemetry.ts';

const notFromRouter = errorBody(errorCodes.notFromRouter, 'This service takes requests from the router only.');
const notJson = errorBody('BAD_REQUEST', 'The body is not JSON.');

/**
 * Apollo Server reads nothing from the request's headers but what kind of answer is accepted, and the router takes JSON.
 * So all requests share one empty map.
 */
const noHeaders = new HeaderMap();

/**
 * The path of a GraphQL operation over HTTP: identity, body, Apollo Server, answer. It runs for every request, so it goes
 * without a promise where an answer is at hand.
 */
export function createGraphqlHandler<Context extends BaseContext>(parts: {
  apollo: ApolloServer<Context>;
  checkIdentity: (token: string) => RouterIdentity | Promise<RouterIdentity>;
  context: MakeContext<Context>;
  bodyLimit: number;
  log: Logger;
  observe: ((requestId: string, parent: string | undefined) => ObservedOperation) | undefined;
}): (request: IncomingMessage, response: ServerResponse) => void {
  const { apollo, checkIdentity, context, bodyLimit, log, observe } = parts;

  return function handleGraphql(request, response) {
    const requestId = requestIdOf(request.headers[requestIdHeader]);
    if (request.method !== 'POST') {
      refuse(request, response, 405, errorBody('METHOD_NOT_ALLOWED', 'Operations come by POST.'), requestId);
      return;
    }
    const token = request.headers[identityHeader];
    if (typeof token !== 'string') {
      refuse(request, response, 401, notFromRouter, requestId);
      return;
    }
    // The body is read while a new token is verified: a stream without listeners would wait, one with late ones would lose.
    readBody(request, bodyLimit, function onBody(body) {
      if (body === undefined) {
        refuse(request, response, 413, errorBody('BODY_TOO_LARGE', `The body is over ${bodyLimit} bytes.`), requestId);
        return;
      }
      const parent = traceparentIn(request.headers['traceparent']);
      const observed = observe?.(requestId, parent);
      const traceparent = observed === undefined ? parent : observed.traceparent;
      inContext({ requestId, traceparent }, function respondInContext() {
        const responded = respond(response, body, token, requestId, traceparent);
        if (observed !== undefined) void responded.then(() => observed.ended(response.statusCode));
      });
    });
  };

  async function respond(
    response: ServerResponse,
    bodyText: string,
    token: string,
    requestId: string,
    traceparent: string | undefined,
  ): Promise<void> {
    let identity: RouterIdentity;
    try {
      const known = checkIdentity(token);
      identity = known instanceof Promise ? await known : known;
    } catch {
      sendText(response, 401, notFromRouter, { [requestIdHeader]: requestId });
      return;
    }
    let body: unknown;
    try {
      body = JSON.parse(bodyText);
    } catch {
      sendText(response, 400, notJson, { [requestIdHeader]: requestId });
      return;
    }
    try {
      const answer = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers: noHeaders, search: '', body },
        context: async () => context(identity, requestId, traceparent),
      });
      // Answers in parts need an `accept` header that is never passed on.
      if (answer.body.kind !== 'complete') throw new Error('an answer in parts');
      sendText(response, answer.status ?? 200, answer.body.string, { [requestIdHeader]: requestId });
    } catch (error) {
      log.error({ error }, 'an operation could not be answered');
      sendText(response, 500, errorBody(errorCodes.internal, 'Something went wrong.'), {
        [requestIdHeader]: requestId,
      });
    }
  }
}

/** Answers a request whose body nobody reads; the connection ends with it when there is a body still to come. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  requestId: string,
): void {
  sendText(response, status, text, { [requestIdHeader]: requestId, ...(!request.complete && { connection: 'close' }) });
  request.resume();
}

/** Gives the whole body as text, undefined as soon as it is over `limit` bytes, and nothing when the client goes away. */
function readBody(request: IncomingMessage, limit: number, done: (body: string | undefined) => void): void {
  if (Number(request.headers['content-length']) > limit) {
    done(undefined);
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', function onData(chunk: Buffer) {
    if (length > limit) return;
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) done(undefined);
  });
  request.on('end', function onEnd() {
    if (length > limit) return;
    const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
    done(whole.toString('utf8'));
  });
  // A client that goes away half-way raises `error`; there is nobody left to answer.
  request.on('error', () => {});
}
