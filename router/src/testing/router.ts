import { createLogger } from '@cafe-for-me/lib/log';
import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createRouter, type RouterParts } from '../app.ts';
import { createIdentity, type IdentityOptions } from '../authorization/identity.ts';
import { loadPlayground } from '../transport/playground.ts';
import { loadSupergraph } from '../supergraph.ts';

/** The tests look into answers of many shapes. */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type AnyData = any;

export interface Answer {
  status: number;
  headers: Headers;
  body: {
    data?: AnyData;
    errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  };
}

/** A router in this process on a free port, and clients of it. */
export async function startRouter(
  sdl: string,
  options: Partial<RouterParts> & { identityOptions?: Partial<IdentityOptions> } = {},
) {
  const { identityOptions, ...parts } = options;
  const lines: string[] = [];
  const router = await createRouter({
    graph: loadSupergraph(sdl),
    identity: createIdentity({ routerKey: undefined, tokens: undefined, ...identityOptions }),
    playground: await loadPlayground({}),
    log: createLogger({
      service: 'router',
      level: 'debug',
      destination: { write: (line: string) => void lines.push(line) },
    }),
    upstreamTimes: { idleMs: 1 },
    drainTimes: { lingerMs: 20 },
    ...parts,
  });
  const url = `${await router.listen(0, '127.0.0.1')}/graphql`;
  const clients: Client[] = [];

  return {
    url,
    router,
    /** What was logged. */
    lines,
    async post(query: string, request: { variables?: object; headers?: Record<string, string> } = {}): Promise<Answer> {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...request.headers },
        body: JSON.stringify({ query, variables: request.variables }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
    },
    /** Its `iterate` leaves out of an answer what is meant for resuming. */
    socket(clientOptions: Partial<ClientOptions> = {}): Client {
      const client = createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        ...clientOptions,
      });
      clients.push(client);
      return { ...client, iterate: (payload) => withoutResume(client.iterate(payload)) as never };
    },
    async stop() {
      for (const client of clients) await client.dispose();
      await router.drain();
    },
  };
}

export type TestRouter = Awaited<ReturnType<typeof startRouter>>;

function withoutResume(events: AsyncIterableIterator<AnyData>): AsyncIterableIterator<AnyData> {
  return {
    async next() {
      const step = (await events.next()) as IteratorResult<AnyData, undefined>;
      if (step.done === true || step.value.extensions === undefined) return step;
      const { extensions, ...answer } = step.value;
      const { resume: _resume, ...others } = extensions;
      return { done: false, value: Object.keys(others).length === 0 ? answer : { ...answer, extensions: others } };
    },
    return: () => events.return!(),
    throw: (error: unknown) => events.throw!(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** All results of an operation that ends by itself. */
export async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}
