/** One connection of each transport as it is on the wire, which does not come back by itself: for looking at how it ends. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createArrivals, type Arrivals } from './arrivals.ts';

export interface LiveRequest {
  /** Of the endpoint, over HTTP. */
  readonly url: string;
  readonly token?: string;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  /** A token of a message, to go on behind it. */
  readonly resume?: string | undefined;
}

export interface LiveConnection<Data> extends Arrivals<Data> {
  /** The tokens of the messages, in their order. */
  readonly tokens: readonly string[];
  /** How it ended: `complete`, `cut off` (without), `refused 401`, `closed 4403`, `failed` (see errors). */
  readonly ended: Promise<string>;
  drop(): void;
}

interface Message {
  readonly data?: never;
  readonly errors?: readonly unknown[];
  readonly extensions?: { readonly resume?: string; readonly resumed?: string; readonly resumedReason?: string };
}

interface Wire {
  next(message: Message): void;
  failed(errors: unknown): void;
  ended(how: string): void;
}

type Open = (request: LiveRequest, wire: Wire) => () => void;

const openSocket: Open = function openSocket({ url, token, query, variables = {}, resume }, wire) {
  let socket: WebSocket | undefined;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: { opened: (opened) => (socket = opened as WebSocket) },
    ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
  });
  const extensions = resume === undefined ? {} : { extensions: { resume } };
  client.subscribe(
    { query, variables, ...extensions },
    {
      next: (message) => wire.next(message as Message),
      error(reason) {
        if (Array.isArray(reason)) {
          wire.failed(reason);
          wire.ended('failed');
        } else wire.ended(`closed ${String((reason as { code?: number }).code)}`);
      },
      complete: () => wire.ended('complete'),
    },
  );
  return function drop() {
    if (socket === undefined) void client.dispose();
    else socket.terminate();
  };
};

/** Posts the operation and hands over each block of the answer; `read` says how an end looks that was meant. */
function overHttp(
  accept: string,
  { url, token, query, variables = {}, resume }: LiveRequest,
  wire: Wire,
  resumeInHeader: boolean,
  read: (headers: Headers) => { separator: string; block(text: string): 'complete' | 'failed' | undefined },
): () => void {
  const abort = new AbortController();
  const extensions = resume === undefined || resumeInHeader ? {} : { extensions: { resume } };

  async function run(): Promise<string> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(resume !== undefined && resumeInHeader && { 'last-event-id': resume }),
      },
      body: JSON.stringify({ query, variables, ...extensions }),
      signal: abort.signal,
    });
    if (response.status !== 200 || response.body === null) {
      wire.failed(((await response.json()) as { errors: unknown }).errors);
      return `refused ${response.status}`;
    }
    const { separator, block } = read(response.headers);
    let text = '';
    let end: string | undefined;
    try {
      for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + piece).split(separator);
        text = blocks.pop() ?? '';
        for (const each of blocks) end ??= block(each);
        if (text.trim() === '--') end ??= 'complete';
      }
    } catch {
      return end ?? 'cut off';
    }
    return end ?? 'cut off';
  }

  run().then(wire.ended, (error: unknown) => wire.ended(`not reached: ${String(error)}`));
  return () => abort.abort();
}

const openEvents: Open = (request, wire) =>
  overHttp('text/event-stream', request, wire, true, () => ({
    separator: '\n\n',
    block(text) {
      const fields = new Map(
        text.split('\n').flatMap((line) => {
          const [, name = '', value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
          return name === '' ? [] : [[name, value] as const];
        }),
      );
      if (fields.get('event') === 'complete') return 'complete';
      if (fields.get('event') !== 'next') return undefined;
      const message = JSON.parse(fields.get('data') ?? '') as Message;
      const id = fields.get('id');
      if (message.extensions?.resume !== id) throw new Error(`the id is not the token: ${text}`);
      wire.next(message);
      return undefined;
    },
  }));

const openMultipart: Open = (request, wire) =>
  overHttp('multipart/mixed;subscriptionSpec="1.0", application/json', request, wire, false, (headers) => ({
    separator: `--${/boundary="?([^";]+)/.exec(headers.get('content-type') ?? '')?.[1]}`,
    block(text) {
      const body = text.slice(text.indexOf('\r\n\r\n')).trim();
      if (body === '') return undefined;
      const { payload, errors } = JSON.parse(body) as { payload?: Message | null; errors?: unknown };
      if (payload) wire.next(payload);
      if (errors === undefined) return undefined;
      wire.failed(errors);
      return 'failed';
    },
  }));

const OPENERS = { 'graphql-ws': openSocket, SSE: openEvents, multipart: openMultipart } as const;

export type Transport = keyof typeof OPENERS;
export const TRANSPORTS = Object.keys(OPENERS) as Transport[];

/** @param also hears everything, too */
export function openLive<Data>(
  transport: Transport,
  request: LiveRequest,
  also?: { next(message: never): void; resumed(outcome: string, reason: string | undefined): void },
): LiveConnection<Data> {
  const { events, errors, resumed, until, next, outcome, failed } = createArrivals<Data>();
  const tokens: string[] = [];
  let drop: () => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    drop = OPENERS[transport](request, {
      next(message) {
        const { resume, resumed: how, resumedReason } = message.extensions ?? {};
        if (resume !== undefined) tokens.push(resume);
        if (how !== undefined) {
          outcome(how, resumedReason);
          also?.resumed(how, resumedReason);
        }
        next(message);
        also?.next(message as never);
      },
      failed,
      ended: resolve,
    });
  });
  return { events, errors, resumed, until, tokens, ended, drop };
}
