/** A user's view of the graph: HTTP for queries and mutations, graphql-transport-ws for subscriptions. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Kept } from '@cafe-for-me/router/client/resume-token';
import { createResumingClient, type ResumingClient } from '@cafe-for-me/router/client/resuming-websocket';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createArrivals, type Arrivals } from './arrivals.ts';

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string } & Record<string, unknown>;
}

export interface GraphAnswer<Data> {
  readonly status: number;
  readonly data: Data | null;
  readonly errors: readonly GraphError[];
}

export interface Watch<Data> extends Arrivals<Data> {
  /** For going on later, with another watch. */
  kept(): Kept | undefined;
  stop(): void;
}

export interface Graph {
  send<Data = Record<string, never>>(query: string, variables?: Record<string, unknown>): Promise<GraphAnswer<Data>>;
  /** Like send, but any error fails it. */
  data<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /**
   * Goes on where it was after whatever breaks the connection.
   * @param from what an earlier watch kept
   */
  watch<Data>(
    query: string,
    variables?: Record<string, unknown>,
    onEvent?: (event: Data) => void,
    from?: Kept,
  ): Watch<Data>;
  /** Breaks the live connection, as a lift does. @returns gets out of the lift: until then it does not come back */
  lose(): () => void;
  close(): Promise<void>;
}

/** Speaks to one endpoint as one caller; without a token as nobody. */
export function createGraph(url: string, token?: string): Graph {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let socket: ResumingClient | undefined;
  let reachable: Promise<void> = Promise.resolve();

  async function send<Data>(query: string, variables: Record<string, unknown> = {}): Promise<GraphAnswer<Data>> {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(30_000),
    });
    const body = (await response.json()) as { data?: Data | null; errors?: GraphError[] };
    return { status: response.status, data: body.data ?? null, errors: body.errors ?? [] };
  }

  async function data<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const answer = await send<Data>(query, variables);
    if (answer.errors.length > 0 || answer.data === null) {
      throw new Error(`the graph answered with errors: ${JSON.stringify(answer.errors)}`);
    }
    return answer.data;
  }

  function watch<Data>(
    query: string,
    variables: Record<string, unknown> = {},
    onEvent?: (event: Data) => void,
    from?: Kept,
  ): Watch<Data> {
    socket ??= createResumingClient(createClient, {
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
      async retryWait(tries) {
        await wait(Math.min(2_000, 100 * 2 ** tries) * (0.5 + Math.random() / 2));
        await reachable;
      },
    });
    const { events, errors, resumed, until, next, outcome, failed } = createArrivals<Data>(onEvent);
    const sink = { next, resumed: outcome, error: failed, complete: () => undefined };
    const { kept, stop } = socket.subscribe<Data>({ query, variables }, sink, from);
    return { events, errors, resumed, until, kept, stop };
  }

  function lose(): () => void {
    let back: () => void = () => undefined;
    reachable = new Promise((resolve) => (back = resolve));
    socket?.client.terminate();
    return back;
  }

  return { send, data, watch, lose, close: async () => socket?.client.dispose() };
}
