/** Follows orders over each transport of the graph, with stock clients and the router's own helpers, for as long as it takes. */
import { request, type IncomingMessage } from 'node:http';
import { EventSource } from 'eventsource';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { resumingEventSource, type LiveResult } from '@cafe-for-me/router/client/resuming-event-source';
import { createResumingClient } from '@cafe-for-me/router/client/resuming-websocket';
import type { Follower } from './follower.ts';

/** Where, and as whom. */
export interface Access {
  /** Of the endpoint, over HTTP. */
  readonly url: string;
  readonly token: string;
  /** How often each way of losing a connection was met: close codes, or words. */
  readonly losses: Map<string, number>;
}

export interface Socket {
  follow(follower: Follower): void;
  /** Reads nothing any more, as a phone in a lift. */
  stall(): void;
  /** Reads again. */
  goOn(): void;
  close(): Promise<void>;
}

/** Sooner than people's clients come back, so that the test is over sooner; at random, so that not all come at once. ms */
const comeBackIn = (): number => 100 + 900 * Math.random();
const authorization = (token: string): string => `Bearer ${token}`;

/** One socket of graphql-transport-ws for any number of followers. */
export function openSocket({ url, token, losses }: Access): Socket {
  let current: WebSocket | undefined;
  let connected = false;
  let open = true;
  const { client, subscribe } = createResumingClient(createClient, {
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: authorization(token) },
    retryWait: () => new Promise((resolve) => setTimeout(resolve, comeBackIn())),
    // A machine that does much else answers late, and a stalled client sends nothing.
    keepAlive: 0,
    on: {
      connected(socket) {
        connected = true;
        current = socket as WebSocket;
      },
      closed(event) {
        if (open) count(losses, connected ? String((event as { code?: number }).code) : 'not connected');
        connected = false;
      },
    },
  });
  return {
    follow(follower) {
      subscribe<object>(
        { query: follower.query, variables: follower.variables },
        {
          next: (result) => follower.take(result as LiveResult<object>),
          resumed: follower.resumed,
          error: (reason) => follower.ended(wordsOf(reason)),
          complete: () => open && follower.ended('completed'),
        },
      );
    },
    stall: () => current?.pause(),
    goOn: () => current?.resume(),
    async close() {
      open = false;
      await client.dispose();
    },
  };
}

/** @returns ends it */
export function followOverEvents({ url, token, losses }: Access, follower: Follower): () => void {
  const withToken: typeof fetch = (address, init) =>
    fetch(address, { ...init, headers: { ...(init?.headers as object), authorization: authorization(token) } });
  function open(address: string): EventSource {
    const source = new EventSource(address, { fetch: withToken });
    source.addEventListener('error', ({ code }) => count(losses, code === undefined ? 'stream lost' : `HTTP ${code}`));
    return source;
  }
  const { stop } = resumingEventSource<object>(
    url,
    { query: follower.query, variables: follower.variables },
    {
      next: follower.take,
      resumed: follower.resumed,
      error: (event) => follower.ended(wordsOf(event)),
      complete: () => follower.ended('completed'),
    },
    { open, wait: comeBackIn },
  );
  return stop;
}

/** A part of Apollo's multipart protocol; an empty one is a heartbeat. */
interface Part {
  readonly payload?: LiveResult<object> | null;
  /** Why it ends. */
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** Apollo's multipart subscriptions; there is no stock client apart from theirs for pages. @returns ends it */
export function followOverMultipart({ url, token, losses }: Access, follower: Follower): () => void {
  const { query, variables } = follower;
  let resume: string | undefined;
  let current: ReturnType<typeof request> | undefined;
  let stopped = false;

  /** @returns what the client must do now, where it isn't to read on */
  function take(part: string): 'restart' | undefined {
    const { payload, errors } = JSON.parse(part) as Part;
    if (errors?.[0]?.extensions?.code === 'SUBSCRIPTION_RESTART') return 'restart';
    if (payload === null || errors !== undefined) follower.ended(wordsOf(errors));
    else if (payload !== undefined) {
      const { resume: token, resumed, resumedReason } = payload.extensions ?? {};
      resume = token ?? resume;
      if (resumed !== undefined) follower.resumed(resumed, resumedReason);
      follower.take(payload);
    }
    return undefined;
  }

  function comeBack(lost: string): void {
    if (stopped) return;
    count(losses, lost);
    setTimeout(connect, comeBackIn());
  }

  function read(response: IncomingMessage): void {
    const boundary = /boundary="?([^";]+)/.exec(response.headers['content-type'] ?? '')?.[1];
    if (response.statusCode !== 200 || boundary === undefined) {
      response.resume();
      if (response.statusCode === 503) comeBack('HTTP 503');
      else follower.ended(`answered with ${response.statusCode} ${response.headers['content-type']}`);
      return;
    }
    let text = '\r\n';
    let complete = false;
    let restart = false;
    response.setEncoding('utf8');
    response.on('data', function split(chunk: string) {
      const parts = (text + chunk).split(`\r\n--${boundary}`);
      text = parts.pop() ?? '';
      for (const part of parts) {
        const body = part.slice(part.indexOf('\r\n\r\n') + 4);
        if (part.includes('\r\n\r\n')) restart ||= take(body) === 'restart';
      }
      complete ||= text.startsWith('--');
    });
    // Also where it was cut off.
    response.once('error', () => undefined);
    response.once('close', function onClose() {
      if (restart) comeBack('asked to come back');
      else if (complete && !stopped) follower.ended('completed');
      else comeBack('stream lost');
    });
  }

  function connect(): void {
    if (stopped) return;
    current = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        accept: 'multipart/mixed;subscriptionSpec="1.0", application/json',
        authorization: authorization(token),
      },
    });
    let answered = false;
    current.once('response', function onResponse(response) {
      answered = true;
      read(response);
    });
    current.on('error', () => undefined);
    current.once('close', () => answered || comeBack('not connected'));
    current.end(JSON.stringify({ query, variables, ...(resume !== undefined && { extensions: { resume } }) }));
  }

  connect();
  return function stop() {
    stopped = true;
    current?.destroy();
  };
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function wordsOf(reason: unknown): string {
  if (reason instanceof Error) return reason.message;
  if (typeof reason === 'object' && reason !== null && 'code' in reason) {
    const { code, message = '' } = reason as { code: unknown; message?: unknown };
    return `${String(code)} ${String(message)}`;
  }
  return JSON.stringify(reason);
}
