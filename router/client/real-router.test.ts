import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { EventSource } from 'eventsource';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { startRouter, type TestRouter } from '../src/testing/router.ts';
import { alice, startSubgraphs, type TestSubgraphs } from '../src/testing/supergraph.ts';
import { resumingEventSource } from './resuming-event-source.ts';
import { createResumingClient } from './resuming-websocket.ts';

/** A way to the router that can break. */
async function startWay(to: string) {
  const sockets = new Set<Socket>();
  const server = createServer(function pass(near) {
    const far = connect(Number(new URL(to).port), '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    breakAll,
    stop() {
      breakAll();
      server.close();
    },
  };
}

interface Data {
  readonly userChanged: { readonly version: number; readonly user: { readonly badge: { readonly label: string } } };
}

let subgraphs: TestSubgraphs;
let router: TestRouter;
let way: Awaited<ReturnType<typeof startWay>>;
let stop: (() => Promise<unknown>) | undefined;

beforeEach(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl);
  way = await startWay(router.url);
});
afterEach(async () => {
  await stop?.();
  way.stop();
  await router.stop();
  await subgraphs.stop();
});

const request = {
  query: 'subscription Changed($id: ID!) { userChanged(id: $id) { version user { badge { label } } } }',
  variables: { id: '1' },
  operationName: 'Changed',
};

function listener() {
  const heard: string[] = [];
  let wake: () => void = () => undefined;
  const hear = (word: string): void => {
    heard.push(word);
    wake();
  };
  return {
    sink: {
      next: ({ data, errors }: { data?: Data | null | undefined; errors?: unknown }) =>
        hear(data ? `v${data.userChanged.version} ${data.userChanged.user.badge.label}` : JSON.stringify(errors)),
      resumed: (outcome: string, reason: string | undefined) => hear(`${outcome} ${reason}`),
      error: (error: unknown) => hear(`error ${JSON.stringify(error)}`),
      complete: () => hear('complete'),
    },
    async word(): Promise<string> {
      while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return heard.shift()!;
    },
  };
}

const ways = {
  'a WebSocket': (sink: ReturnType<typeof listener>['sink']) => {
    const { client, subscribe } = createResumingClient(createClient, {
      url: way.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryWait: () => Promise.resolve(),
    });
    stop = async () => client.dispose();
    return subscribe<Data>(request, sink);
  },
  EventSource: (sink: ReturnType<typeof listener>['sink']) => {
    const open = (address: string): EventSource => new EventSource(address);
    const watch = resumingEventSource<Data>(way.url, request, sink, { open, wait: () => 0 });
    stop = async () => watch.stop();
    return watch;
  },
};

describe.each(Object.entries(ways))('through %s to a router', (_, subscribe) => {
  it('comes back, and is told what a subgraph that knows no positions can give', async () => {
    const { sink, word } = listener();
    const { kept } = subscribe(sink);
    expect(await word()).toBe('v0 badge of 1');
    subgraphs.changes.publish({ version: 1, user: alice, friends: [] });
    expect(await word()).toBe('v1 badge of 1');
    expect(kept()?.token).toMatch(/^[\w-]+\.[\w-]+$/);
    way.breakAll();
    expect(await word()).toBe('snapshot STREAM_GONE');
    expect(await word()).toBe('v0 badge of 1');
    subgraphs.changes.publish({ version: 2, user: alice, friends: [] });
    expect(await word()).toBe('v2 badge of 1');
  });
});
