/** Live subscriptions that come back by themselves: stock clients with the router's helpers; for multipart a loop of our own. */
import { setTimeout as wait } from 'node:timers/promises';
import { resumingEventSource } from '@cafe-for-me/router/client/resuming-event-source';
import { createResumingClient } from '@cafe-for-me/router/client/resuming-websocket';
import { EventSource } from 'eventsource';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createArrivals, type Arrivals } from './arrivals.ts';
import { openLive, type LiveConnection, type Transport } from './live-transports.ts';

export interface FollowRequest {
  /** Of the endpoint, over HTTP. */
  readonly url: string;
  /** @param refused the last one was */
  token(refused: boolean): Promise<string>;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export interface Followed<Data> extends Arrivals<Data> {
  stop(): Promise<void>;
}

/** Sooner than people's clients come back. ms */
const comeBackIn = (): number => 50 + 200 * Math.random();
const COME_BACK: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'SUBSCRIPTION_RESTART']);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export function followLive<Data>(transport: Transport, request: FollowRequest): Followed<Data> {
  const { url, token, query, variables = {} } = request;
  const { events, errors, resumed, until, next, outcome, failed } = createArrivals<Data>();
  const arrivals = { events, errors, resumed, until };
  const sink = { next, resumed: outcome, error: failed, complete: () => failed(new Error('it completed')) };

  if (transport === 'graphql-ws') {
    const { client, subscribe } = createResumingClient(createClient, {
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: async (refused) => bearer(await token(refused)),
      retryWait: () => wait(comeBackIn()),
    });
    const { stop } = subscribe<Data>({ query, variables }, { ...sink, complete: () => undefined });
    async function close(): Promise<void> {
      stop();
      await client.dispose();
    }
    return { ...arrivals, stop: close };
  }

  if (transport === 'SSE') {
    const open = (address: string, refused: boolean): EventSource =>
      new EventSource(address, {
        async fetch(address, init) {
          return fetch(address, { ...init, headers: { ...init.headers, ...bearer(await token(refused)) } });
        },
      });
    const { stop } = resumingEventSource<Data>(url, { query, variables }, sink, { open, wait: comeBackIn });
    return { ...arrivals, stop: async () => stop() };
  }

  let stopped = false;
  let drop: () => void = () => undefined;
  async function goOn(): Promise<void> {
    let resume: string | undefined;
    let refused = false;
    while (!stopped) {
      const live: LiveConnection<Data> = openLive<Data>(
        transport,
        { url, token: await token(refused), query, variables, resume },
        sink,
      );
      drop = live.drop;
      const end: string = await live.ended;
      // Its last part says why; here it means what a close code means to a socket.
      const code = live.errors.at(-1)?.extensions?.code ?? '';
      refused = code === 'UNAUTHENTICATED';
      if (end === 'complete' || (end === 'failed' && !COME_BACK.has(code))) failed(new Error(`${end} ${code}`));
      resume = live.tokens.at(-1) ?? resume;
      await wait(comeBackIn());
    }
  }
  const going = goOn();
  async function close(): Promise<void> {
    stopped = true;
    drop();
    await going;
  }
  return { ...arrivals, stop: close };
}
