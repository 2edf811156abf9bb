import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createClient } from 'graphql-ws';
import { WebSocketServer, WebSocket } from 'ws';
import type { LiveExtensions } from './resume-token.ts';
import { createResumingClient, type ResumingClient, type ResumingOptions } from './resuming-websocket.ts';

interface Subscribed {
  readonly payload: { query: string; variables?: object; extensions?: Record<string, unknown> };
  next(version: number, extensions?: LiveExtensions): void;
  fail(): void;
  complete(): void;
  readonly socket: WebSocket;
}

/** Speaks graphql-transport-ws by hand, so that a test says every word of the server. */
async function startServer(port = 0) {
  const server = new WebSocketServer({ port, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  await once(server, 'listening');
  const inits: unknown[] = [];
  const subscribed: Subscribed[] = [];
  let wake: () => void = () => undefined;
  /** What to do with a connection_init. */
  let onInit: (socket: WebSocket) => void = (socket) => socket.send('{"type":"connection_ack"}');
  let pongs = true;
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; id: string; payload: Subscribed['payload'] };
      const { id, payload } = message;
      if (message.type === 'connection_init') {
        inits.push(payload);
        onInit(socket);
      }
      if (message.type === 'ping' && pongs) socket.send('{"type":"pong"}');
      if (message.type !== 'subscribe') return;
      subscribed.push({
        payload,
        socket,
        next: (version, extensions) =>
          socket.send(JSON.stringify({ id, type: 'next', payload: { data: { version }, extensions } })),
        fail: () => socket.send(JSON.stringify({ id, type: 'error', payload: [{ message: 'no' }] })),
        complete: () => socket.send(JSON.stringify({ id, type: 'complete' })),
      });
      wake();
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inits,
    refuse: (refused: number, code: number) => {
      let left = refused;
      onInit = (socket) => (left-- > 0 ? socket.close(code) : socket.send('{"type":"connection_ack"}'));
    },
    /** The next connection breaks before a word is said. */
    dropNext: () => server.once('connection', (socket) => socket.terminate()),
    silent: () => (pongs = false),
    async subscription(): Promise<Subscribed> {
      for (;;) {
        const first = subscribed.shift();
        if (first !== undefined) return first;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    stop: () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** A sink that tells what comes in words, and lets a test wait for the next of them. */
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
      error: (error: unknown) => hear(`error ${(error as { code?: number }).code ?? JSON.stringify(error)}`),
      complete: () => hear('complete'),
    },
    async word(): Promise<string> {
      while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return heard.shift()!;
    },
    heard,
  };
}

let server: Awaited<ReturnType<typeof startServer>>;
let live: ResumingClient;
const query = 'subscription ($id: ID!) { changed(id: $id) { version } }';

beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  server.stop();
  await live.client.dispose();
});

function connect(options: Partial<ResumingOptions> = {}): ResumingClient {
  live = createResumingClient(createClient, {
    url: server.url,
    webSocketImpl: WebSocket,
    retryWait: () => Promise.resolve(),
    ...options,
  });
  return live;
}

describe('a resuming subscription over a WebSocket', () => {
  it('brings nothing back at first, and hands the messages over as they are', async () => {
    const { sink, word } = listener();
    const watch = connect().subscribe({ query, variables: { id: '1' } }, sink);
    const first = await server.subscription();
    expect(first.payload).toEqual({ query, variables: { id: '1' }, extensions: {} });
    expect(watch.kept()).toBeUndefined();
    first.next(1, { resume: 'at-1' });
    expect(await word()).toBe('v1');
    expect(watch.kept()?.token).toBe('at-1');
    first.complete();
    expect(await word()).toBe('complete');
  });

  it.each([1001, 1006, 1012, 1013, 4403])(
    'comes back with the token of the last message after a close with %i, and tells how it went on',
    async (code) => {
      const { sink, word } = listener();
      connect().subscribe({ query, variables: { id: '1' }, extensions: { mine: 1 } }, sink);
      const first = await server.subscription();
      first.next(1, { resume: 'at-1' });
      first.next(2, { resume: 'at-2' });
      expect([await word(), await word()]).toEqual(['v1', 'v2']);
      if (code === 1006) first.socket.terminate();
      else first.socket.close(code);
      const second = await server.subscription();
      expect(second.payload).toEqual({ query, variables: { id: '1' }, extensions: { mine: 1, resume: 'at-2' } });
      second.next(3, { resume: 'at-3', resumed: 'exact' });
      expect([await word(), await word()]).toEqual(['exact', 'v3']);
      second.socket.close(1012);
      const third = await server.subscription();
      third.next(9, { resume: 'at-9', resumed: 'expired', resumedReason: 'TOO_OLD' });
      expect([await word(), await word()]).toEqual(['expired TOO_OLD', 'v9']);
    },
  );

  it('waits for a server that is not there', async () => {
    const { sink, word } = listener();
    const port = Number(new URL(server.url).port);
    server.stop();
    const thirdTry = new Promise<void>((resolve) => {
      connect({ retryWait: (tries) => Promise.resolve(tries === 2 ? resolve() : undefined) }).subscribe(
        { query },
        sink,
      );
    });
    await thirdTry;
    server = await startServer(port);
    (await server.subscription()).next(1);
    expect(await word()).toBe('v1');
  });

  it('asks for a fresh token where the last was refused, and only there', async () => {
    const asked: boolean[] = [];
    const { sink, word } = listener();
    connect({
      connectionParams: async (refused) => {
        asked.push(refused);
        return { authorization: `token ${asked.length}` };
      },
    }).subscribe({ query }, sink);
    const first = await server.subscription();
    server.dropNext();
    first.socket.close(4403);
    const again = await server.subscription();
    again.socket.close(1012);
    (await server.subscription()).next(1);
    expect(await word()).toBe('v1');
    expect(asked).toEqual([false, true, true, false]);
    expect(server.inits).toEqual([1, 3, 4].map((n) => ({ authorization: `token ${n}` })));
  });

  it('takes connectionParams as stock graphql-ws does: an object, a plain function, none', async () => {
    for (const connectionParams of [{ authorization: 'a' }, () => ({ authorization: 'a' }), undefined]) {
      connect(connectionParams === undefined ? {} : { connectionParams }).subscribe({ query }, listener().sink);
      await server.subscription();
      await live.client.dispose();
    }
    expect(server.inits).toEqual([{ authorization: 'a' }, { authorization: 'a' }, undefined]);
  });

  it('gives up when fresh tokens are refused, too', async () => {
    server.refuse(99, 4403);
    const { sink, word } = listener();
    connect().subscribe({ query }, sink);
    expect(await word()).toBe('error 4403');
    expect(server.inits).toHaveLength(3);
  });

  it('does not count refusals that lie apart', async () => {
    const { sink } = listener();
    connect().subscribe({ query }, sink);
    for (let round = 0; round < 3; round += 1) {
      const { socket } = await server.subscription();
      server.refuse(2, 4403);
      socket.close(1012);
    }
    await server.subscription();
    expect(server.inits).toHaveLength(1 + 3 * 3);
  });

  it('leaves a socket that does not answer a ping, and hears nothing more from it', async () => {
    server.silent();
    const { sink, word, heard } = listener();
    connect({ keepAlive: 1, pongWithinMs: 1 }).subscribe({ query }, sink);
    const first = await server.subscription();
    first.next(1, { resume: 'at-1' });
    expect(await word()).toBe('v1');
    let second = await server.subscription();
    // Pings go on unanswered, so that sockets go on being left; one of them has heard of version 1.
    while (second.payload.extensions?.['resume'] === undefined) second = await server.subscription();
    expect(second.payload.extensions).toEqual({ resume: 'at-1' });
    expect(heard).toEqual([]);
  });

  it('goes on from what an earlier page kept', async () => {
    const { sink, word } = listener();
    const kept = JSON.parse(
      JSON.stringify({ operation: JSON.stringify([query, null, { a: 1, b: [2] }, null]), token: 'kept' }),
    );
    connect().subscribe({ query, variables: { b: [2], a: 1 } }, sink, kept);
    const first = await server.subscription();
    expect(first.payload.extensions).toEqual({ resume: 'kept' });
    first.next(5, { resume: 'at-5', resumed: 'exact' });
    expect([await word(), await word()]).toEqual(['exact', 'v5']);
  });

  it('sends a kept token for no other operation or variables, and says that it begins anew', async () => {
    const one = listener();
    connect();
    const watch = live.subscribe({ query, variables: { id: '1' } }, one.sink);
    (await server.subscription()).next(1, { resume: 'of-1' });
    await one.word();
    for (const other of [
      { query, variables: { id: '2' } },
      { query: `${query} `, variables: { id: '1' } },
      { query, variables: { id: '1' }, operationName: 'named' },
      { query, variables: { id: '1' }, extensions: { persistedQuery: { version: 1, sha256Hash: 'ab' } } },
    ]) {
      const { sink, word } = listener();
      const { stop } = live.subscribe(other, sink, watch.kept());
      const { payload, next } = await server.subscription();
      expect(payload.extensions).not.toHaveProperty('resume');
      next(7);
      expect([await word(), await word()]).toEqual(['expired OTHER_OPERATION', 'v7']);
      stop();
    }
  });

  it('is not misled by a caller who changes the variables afterwards', async () => {
    const { sink, word } = listener();
    const variables = { id: '1' };
    connect().subscribe({ query, variables }, sink);
    const first = await server.subscription();
    first.next(1, { resume: 'of-1' });
    await word();
    variables.id = '2';
    first.socket.close(1012);
    expect((await server.subscription()).payload).toMatchObject({
      variables: { id: '1' },
      extensions: { resume: 'of-1' },
    });
  });

  it('keeps the tokens of two subscriptions of one socket apart', async () => {
    const one = listener();
    const two = listener();
    connect();
    live.subscribe({ query, variables: { id: '1' } }, one.sink);
    live.subscribe({ query, variables: { id: '2' } }, two.sink);
    const subscriptions = [await server.subscription(), await server.subscription()];
    for (const { payload, next } of subscriptions)
      next(1, { resume: `of-${(payload.variables as { id: string }).id}` });
    await Promise.all([one.word(), two.word()]);
    subscriptions[0]?.socket.close(1012);
    const back = [await server.subscription(), await server.subscription()];
    for (const { payload } of back) {
      expect(payload.extensions).toEqual({ resume: `of-${(payload.variables as { id: string }).id}` });
    }
  });

  it('ends with what the server refuses it for, or when it is stopped', async () => {
    const { sink, word, heard } = listener();
    connect();
    live.subscribe({ query }, sink);
    (await server.subscription()).fail();
    expect(await word()).toBe('error [{"message":"no"}]');
    const { stop } = live.subscribe({ query }, sink);
    const second = await server.subscription();
    stop();
    expect(await word()).toBe('complete');
    second.next(1);
    expect(heard).toEqual([]);
  });
});
