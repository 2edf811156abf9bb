/** A user's view of the graph: HTTP for queries and mutations, graphql-transport-ws for subscriptions. */
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

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

export interface Watch<Data> {
  /** What has arrived so far, oldest first. */
  readonly events: readonly Data[];
  /** Errors of the subscription itself and of single events. */
  readonly errors: readonly GraphError[];
  /**
   * The first event, past or to come, that fits.
   * @throws after `withinMs` (default 20,000), telling what did arrive
   */
  until(fits: (event: Data) => boolean, withinMs?: number): Promise<Data>;
  stop(): void;
}

export interface Graph {
  send<Data = Record<string, never>>(query: string, variables?: Record<string, unknown>): Promise<GraphAnswer<Data>>;
  /** Like send, but any error fails it. */
  data<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  watch<Data>(query: string, variables?: Record<string, unknown>, onEvent?: (event: Data) => void): Watch<Data>;
  close(): Promise<void>;
}

/** Speaks to one endpoint as one caller; without a token as nobody. */
export function createGraph(url: string, token?: string): Graph {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let socket: Client | undefined;

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
    onEvent: (event: Data) => void = () => undefined,
  ): Watch<Data> {
    socket ??= createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 5,
      ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
    });
    const events: Data[] = [];
    const errors: GraphError[] = [];
    const waiting = new Set<() => void>();
    const wake = (): void => {
      for (const look of waiting) look();
    };
    const stop = socket.subscribe<Data>(
      { query, variables },
      {
        next(result) {
          errors.push(...((result.errors ?? []) as GraphError[]));
          if (result.data) {
            events.push(result.data);
            onEvent(result.data);
          }
          wake();
        },
        error(error) {
          errors.push(...(Array.isArray(error) ? (error as GraphError[]) : [{ message: describe(error) }]));
          wake();
        },
        complete: wake,
      },
    );

    function until(fits: (event: Data) => boolean, withinMs = 20_000): Promise<Data> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(
            new Error(
              `no fitting event within ${withinMs} ms; arrived: ${JSON.stringify(events)}; errors: ${JSON.stringify(errors)}`,
            ),
          );
        }, withinMs);
        function look(): void {
          const found = events.find(fits);
          if (found === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        }
        waiting.add(look);
        look();
      });
    }
    return { events, errors, until, stop };
  }

  return { send, data, watch, close: async () => socket?.dispose() };
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && 'code' in error) {
    return `closed with ${String(error.code)} ${'reason' in error ? String(error.reason) : ''}`;
  }
  return String(error);
}
