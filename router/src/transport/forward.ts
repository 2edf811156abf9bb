import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@cafe-for-me/lib/log';
import { Agent, request as send, type Dispatcher } from 'undici';
import type { PagesSettings } from './pages-settings.ts';
import { BodyRefused, readBytes } from './request-body.ts';
import { nameIn, type ToOwnName } from './own-name.ts';
import { fromSameOrigin } from './same-origin.ts';
import { sendError } from './whole-answer.ts';

/** Passes what the pages need on to other services. */
export interface Forward {
  /** @returns false when the path is not one of those that are forwarded */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean;
  close(): Promise<void>;
}

const maxBodyBytes = 1_048_576;

const methods = new Set(['GET', 'HEAD', 'PUT', 'POST']);
const writes = new Set(['PUT', 'POST']);

/** Of one connection only, or worked out anew by whoever sends. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Who the caller is stays here; so does what a proxy in front of the router said, and an origin that was checked here. */
const notSent = new Set([
  ...hopByHop,
  'authorization',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
]);
/** Nobody but the router decides about its origin. */
const notAnswered = new Set([
  ...hopByHop,
  'clear-site-data',
  'content-security-policy',
  'service-worker-allowed',
  'set-cookie',
  'strict-transport-security',
]);

/** @returns undefined when nothing is forwarded */
export function createForward(
  { forward, forwardTimeoutMs }: PagesSettings,
  toOwnName: ToOwnName,
  log: Logger,
): Forward | undefined {
  // The most particular first.
  const targets = Object.entries(forward).toSorted(([one], [other]) => other.length - one.length);
  if (targets.length === 0) return undefined;
  const dispatcher = new Agent({ connect: { timeout: forwardTimeoutMs }, headersTimeout: 0, bodyTimeout: 0 });

  async function pass(target: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method as Dispatcher.HttpMethod;
    const body = writes.has(method) ? await readBytes(request, maxBodyBytes) : null;
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(new TookTooLong()), forwardTimeoutMs);
    response.once('close', () => ended.abort());
    try {
      const headers = sent(request.headers);
      const answer = await send(target, { method, headers, body, dispatcher, signal: ended.signal });
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined && !notAnswered.has(name) && !name.startsWith('access-control-')) {
          response.setHeader(name, value);
        }
      }
      // Whatever it is, it is not one of our pages.
      response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
      response.setHeader('x-content-type-options', 'nosniff');
      response.statusCode = answer.statusCode;
      await pipeline(answer.body, response);
    } finally {
      clearTimeout(timer);
    }
  }

  function refuse(error: unknown, path: string, request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
    } else if (error instanceof BodyRefused) {
      if (!request.complete) response.setHeader('connection', 'close');
      sendError(response, error.status, error.code, error.message);
    } else {
      for (const name of response.getHeaderNames()) if (name !== 'connection') response.removeHeader(name);
      const late = error instanceof TookTooLong;
      log.warn({ path, error }, 'a request could not be forwarded');
      const why = late ? `did not answer within ${forwardTimeoutMs} ms` : 'can not be reached';
      sendError(response, late ? 504 : 502, 'FORWARD_FAILED', `What stands behind ${path} ${why}.`);
    }
  }

  return {
    handle(path, request, response) {
      const found = targets.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
      if (found === undefined) return false;
      const [prefix, base] = found;
      const target = targetOf(base, path.slice(prefix.length), request.url ?? '/');
      const method = request.method ?? 'GET';
      if (target === undefined) {
        sendError(response, 404, 'NOT_FOUND', 'There is nothing here.');
      } else if (!methods.has(method)) {
        response.setHeader('allow', [...methods].join(', '));
        sendError(response, 405, 'BAD_REQUEST', `${method} is not forwarded.`);
      } else if (!toOwnName(request)) {
        const name = nameIn(request.headers.host ?? '') ?? 'no host';
        const why = `The router does not know ${name} as its own name (listen.names): nothing is forwarded for it.`;
        sendError(response, 421, 'MISDIRECTED', why);
      } else if (writes.has(method) && !fromSameOrigin(request)) {
        sendError(response, 403, 'FORBIDDEN', 'Only pages of this host may change anything here.');
      } else {
        pass(target, request, response).catch((error: unknown) => refuse(error, prefix, request, response));
      }
      return true;
    },
    close: () => dispatcher.close(),
  };
}

class TookTooLong extends Error {
  override name = 'TookTooLong';
}

/** @returns undefined for a path that leads out of what is forwarded, such as `/../secret` */
function targetOf(base: string, rest: string, url: string): URL | undefined {
  const target = new URL(base);
  const below = target.pathname.replace(/\/$/, '');
  const query = url.indexOf('?');
  target.pathname = `${below}${rest}`;
  target.search = query < 0 ? '' : url.slice(query);
  const stays = rest === '' || target.pathname.startsWith(`${below}/`);
  return stays ? target : undefined;
}

function sent(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || notSent.has(name) || named.has(name) || name.startsWith('x-forwarded-')) continue;
    kept[name] = value;
  }
  return kept;
}
