import { identityHeader } from '@cafe-for-me/lib/router-identity';
import type { Logger } from '@cafe-for-me/lib/log';
import { Pool, type Dispatcher } from 'undici';
import { subrequestFailed, subrequestTimedOut } from './errors.ts';
import type { RequestContext } from './request-context.ts';
import type { Subgraph } from './supergraph.ts';

/** What goes to a subgraph. */
export interface SubgraphRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly operationName: string | undefined;
}

/** What a subgraph answers: GraphQL's response, as it came. */
export interface SubgraphAnswer {
  data?: Record<string, unknown> | null;
  errors?: readonly { message: string; path?: readonly (string | number)[]; extensions?: Record<string, unknown> }[];
}

/** What may be done with a fetch beside sending it once. */
export interface FetchUse {
  /** It is part of a query: it may be sent again, and its answer may be given to others who ask for the same. */
  readonly shareable: boolean;
}

export interface SubgraphFetch {
  /**
   * Sends `body` (JSON) and gives the text of the answer: its status and size are checked, what it says is not; see `parseAnswer`.
   *
   * @throws GraphQLError with code SUBREQUEST_TIMEOUT or SUBREQUEST_FAILED, which name the subgraph and nothing more
   */
  exchange(body: string, context: RequestContext, use: FetchUse): Promise<string>;
  /** @throws GraphQLError with code SUBREQUEST_TIMEOUT or SUBREQUEST_FAILED, which name the subgraph and nothing more */
  send(request: SubgraphRequest, context: RequestContext): Promise<SubgraphAnswer>;
  /** The same with a request that is JSON already. */
  sendText(request: string, context: RequestContext): Promise<SubgraphAnswer>;
  close(): Promise<void>;
}

/** An answer beyond this is given up. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * The way to one subgraph: a pool of kept connections, one request on each at a time.
 *
 * It speaks undici's `dispatch`: on the hot path `fetch` costs three times as much.
 */
export function createSubgraphFetch(options: {
  subgraph: Subgraph;
  /** From sending to the last byte of the answer, in ms. */
  timeoutMs: number;
  log: Logger;
  /** Connections to the subgraph; what comes beyond waits. @default 256 */
  connections?: number;
}): SubgraphFetch {
  const { subgraph, timeoutMs, log, connections = 256 } = options;
  const { origin, pathname, search } = new URL(subgraph.url);
  const path = pathname + search;
  // Our own clock runs per request, so undici's two are off.
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerBytes,
    connect: { timeout: timeoutMs },
  });

  function failed(reason: unknown, requestId: string): Error {
    log.warn({ subgraph: subgraph.name, requestId, error: reason }, 'a subgraph did not answer');
    return subrequestFailed(subgraph.name);
  }

  function dispatch(headers: string[], body: string, requestId: string): Promise<{ status: number; text: string }> {
    return new Promise(function started(resolve, reject) {
      let controller: Dispatcher.DispatchController | undefined;
      let status = 0;
      let over = false;
      const chunks: Buffer[] = [];
      const timer = setTimeout(function tooLate() {
        over = true;
        log.warn({ subgraph: subgraph.name, requestId, timeoutMs }, 'a subgraph took too long');
        reject(subrequestTimedOut(subgraph.name));
        controller?.abort(new Error('took too long'));
      }, timeoutMs);
      pool.dispatch(
        { path, method: 'POST', headers, body },
        {
          onRequestStart(started) {
            controller = started;
            // It waited for a free connection until its time was up.
            if (over) started.abort(new Error('took too long'));
          },
          onResponseStart(_controller, statusCode) {
            status = statusCode;
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk);
          },
          onResponseEnd() {
            clearTimeout(timer);
            resolve({ status, text: chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString() });
          },
          onResponseError(_controller, error) {
            clearTimeout(timer);
            if (!over) reject(failed(error, requestId));
          },
        },
      );
    });
  }

  async function exchange(request: string, context: RequestContext): Promise<string> {
    const signed = context.caller.signed();
    const identity = typeof signed === 'object' ? await signed : signed;
    const headers = [
      'content-type',
      'application/json',
      'accept',
      'application/json',
      'x-request-id',
      context.requestId,
    ];
    if (identity !== undefined) headers.push(identityHeader, identity);
    if (context.traceparent !== undefined) headers.push('traceparent', context.traceparent);
    const { status, text } = await dispatch(headers, request, context.requestId);
    if (!isOfUse(status, text)) throw failed(`HTTP ${status}: ${text.slice(0, 500)}`, context.requestId);
    return text;
  }

  async function sendText(request: string, context: RequestContext): Promise<SubgraphAnswer> {
    const text = await exchange(request, context);
    const answer = parseAnswer(text);
    if (answer === undefined) throw failed(`no GraphQL: ${text.slice(0, 500)}`, context.requestId);
    return answer;
  }

  return {
    exchange,
    sendText,
    send: (request, context) => sendText(JSON.stringify(request), context),
    close: () => pool.close(),
  };
}

/** A GraphQL response, or undefined for anything else (an HTML page, a cut-off text). */
export function parseAnswer(text: string): SubgraphAnswer | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { data, errors } = body as { data?: unknown; errors?: unknown };
  if (data === undefined && errors === undefined) return undefined;
  if (data !== undefined && (typeof data !== 'object' || Array.isArray(data))) return undefined;
  if (errors !== undefined && !(Array.isArray(errors) && errors.every((error) => typeof error?.message === 'string'))) {
    return undefined;
  }
  return body;
}

/**
 * A refused request (400) carries errors that are the caller's business only when they are about the input. A document
 * that the subgraph doesn't understand, or a router that it doesn't trust, is ours.
 */
function isOfUse(status: number, text: string): boolean {
  if (status === 200) return true;
  const answer = parseAnswer(text);
  if (answer === undefined) return false;
  if (answer.data !== undefined) return true;
  return status === 400 && (answer.errors ?? []).every((error) => error.extensions?.['code'] === 'BAD_USER_INPUT');
}
