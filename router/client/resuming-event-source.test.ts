import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventSource } from 'eventsource';
import { resumingEventSource, type EventSourceOptions } from './resuming-event-source.ts';
import type { LiveExtensions } from './resume-token.ts';

interface Asked {
  readonly query: string | null;
  readonly operationName: string | null;
  readonly variables: unknown;
  readonly extensions: unknown;
  readonly lastEventId: string | undefined;
  readonly authorization: string | undefined;
  next(version: number, id?: string, extensions?: LiveExtensions): void;
  complete(): void;
  /** Breaks the connection. */
  drop(): void;
}

/** An endpoint whose every word the test says. */
async function startServer() {
  const asked: Asked[] = [];
  const refusing: number[] = [];
  let wake: () => void = () => undefined;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const code = refusing.shift();
    if (code !== undefined) return void response.writeHead(code).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 1\n\n');
    asked.push(look(request, response));
    wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    /** The next requests are refused with these. */
    refuse: (...codes: number[]) => void refusing.push(...codes),
    requests: () => requests,
    async request(): Promise<Asked> {
      for (;;) {
        const first = asked.shift();
        if (first !== undefined) return first;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function look({ url, headers }: IncomingMessage, response: ServerResponse): Asked {
  const { searchParams } = new URL(url ?? '', 'http://here');
  const json = (name: string): unknown => JSON.parse(searchParams.get(name) ?? 'null');
  const event = (name: string, id: string | undefined, data: string): void => {
    response.write(`event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
  };
  return {
    query: searchParams.get('query'),
    operationName: searchParams.get('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
    lastEventId: headers['last-event-id'] as string | undefined,
    authorization: headers.authorization,
    next: (version, id, extensions) => event('next', id, JSON.stringify({ data: { version }, extensions })),
    complete: () => event('complete', undefined, ''),
    drop: () => response.destroy(),
  };
}

function listener() {
  const heard: string[] = [];
  let wake: () => void = () => undefined;
  const hear = (word: string): void => {
    heard.push(word);
    wake();
  };
  return {
    sink: {
      next: ({ data }: { data?: { version: number } | null }) => hear(`v${data?.version}`),
      resumed: (outcome: string, reason: string | undefined) => hear(`${outcome} ${reason ?? ''}`.trim()),
      error: (event: unknown) => hear(`error ${(event as { code?: number }).code}`),
      complete: () => hear('complete'),
    },
    async word(): Promise<string> {
      while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return heard.shift()!;
    },
    heard,
  };
}

const query = 'subscription Changed($id: ID!) { changed(id: $id) { version } }';
const variables = { id: '1' };
let server: Awaited<ReturnType<typeof startServer>>;
let stop: () => void;

beforeEach(async () => {
  server = await startServer();
});
afterEach(() => {
  stop();
  server.stop();
});

function watch(
  sink: ReturnType<typeof listener>['sink'],
  options: EventSourceOptions = {},
  request: Parameters<typeof resumingEventSource>[1] = { query, variables },
) {
  const watching = resumingEventSource<{ version: number }>(server.url, request, sink, {
    open: (address) => new EventSource(address),
    wait: () => 0,
    ...options,
  });
  stop = watching.stop;
  return watching;
}

describe('a resuming subscription over EventSource', () => {
  it('sends the operation in the address, and ends with it', async () => {
    const { sink, word } = listener();
    watch(sink, {}, { query, variables, operationName: 'Changed', extensions: { mine: 1 } });
    const first = await server.request();
    expect(first).toMatchObject({ query, variables, operationName: 'Changed', extensions: { mine: 1 } });
    first.next(1, 'at-1');
    expect(await word()).toBe('v1');
    first.complete();
    expect(await word()).toBe('complete');
    first.drop();
    expect(server.requests()).toBe(1);
  });

  it('comes back after a lost connection as EventSource does, and tells how it went on', async () => {
    const { sink, word } = listener();
    const { kept } = watch(sink);
    const first = await server.request();
    first.next(1, 'at-1');
    expect(await word()).toBe('v1');
    expect(kept()?.token).toBe('at-1');
    first.drop();
    const second = await server.request();
    expect([second.lastEventId, second.extensions]).toEqual(['at-1', null]);
    second.next(2, 'at-2', { resumed: 'exact' });
    expect([await word(), await word()]).toEqual(['exact', 'v2']);
  });

  it('opens anew what was refused for good, with the last id in the address', async () => {
    const { sink, word } = listener();
    const waited: number[] = [];
    watch(sink, { wait: (tries) => waited.push(tries) && 0 });
    const first = await server.request();
    first.next(1, 'at-1');
    await word();
    server.refuse(503, 502, 429);
    first.drop();
    const second = await server.request();
    expect([second.lastEventId, second.extensions]).toEqual([undefined, { resume: 'at-1' }]);
    second.next(2, 'at-2', { resumed: 'snapshot', resumedReason: 'STREAM_GONE' });
    expect([await word(), await word()]).toEqual(['snapshot STREAM_GONE', 'v2']);
    expect(waited).toEqual([0, 1, 2]);
    server.refuse(503);
    second.drop();
    expect((await server.request()).extensions).toEqual({ resume: 'at-2' });
    expect(waited).toEqual([0, 1, 2, 0]);
  });

  it('asks for a fresh token where the last was refused, and gives up when fresh ones are, too', async () => {
    const { sink, word } = listener();
    const asked: boolean[] = [];
    function open(address: string, refused: boolean) {
      asked.push(refused);
      const authorization = `token ${asked.length}`;
      return new EventSource(address, {
        fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization } }),
      });
    }
    watch(sink, { open });
    const first = await server.request();
    expect(first.authorization).toBe('token 1');
    server.refuse(401);
    first.drop();
    const second = await server.request();
    expect(second.authorization).toBe('token 2');
    server.refuse(403, 401, 403, 401);
    second.drop();
    expect(await word()).toBe('error 403');
    expect(asked).toEqual([false, true, true, true]);
    expect(server.requests()).toBe(6);
  });

  it('does not ask again for what will always be refused', async () => {
    server.refuse(400);
    const { sink, word } = listener();
    watch(sink);
    expect(await word()).toBe('error 400');
    expect(server.requests()).toBe(1);
  });

  it('goes on from what an earlier page kept, and sends that for no other operation or variables', async () => {
    const one = listener();
    const { kept } = watch(one.sink);
    (await server.request()).next(1, 'of-1');
    await one.word();
    stop();
    const from = JSON.parse(JSON.stringify(kept()));
    const two = listener();
    watch(two.sink, { from });
    expect((await server.request()).extensions).toEqual({ resume: 'of-1' });
    stop();
    for (const other of [
      { query, variables: { id: '2' } },
      { query: `${query} `, variables },
      { query, variables, operationName: 'Changed' },
    ]) {
      const { sink, word } = listener();
      watch(sink, { from }, other);
      const { extensions, next } = await server.request();
      expect(extensions).toBeNull();
      next(7, 'of-other');
      expect([await word(), await word()]).toEqual(['expired OTHER_OPERATION', 'v7']);
      stop();
    }
  });

  it('opens nothing once it is stopped, also while it waits', async () => {
    server.refuse(503);
    const { sink, heard } = listener();
    await new Promise<void>((resolve) => {
      watch(sink, {
        wait() {
          resolve();
          return 60_000;
        },
      });
    });
    stop();
    expect(server.requests()).toBe(1);
    expect(heard).toEqual([]);
  });

  it('uses the EventSource of where it runs', async () => {
    const { sink, word } = listener();
    Object.assign(globalThis, { EventSource });
    try {
      ({ stop } = resumingEventSource(`${server.url}?a=b`, { query }, sink));
    } finally {
      Reflect.deleteProperty(globalThis, 'EventSource');
    }
    (await server.request()).next(1);
    expect(await word()).toBe('v1');
  });
});
