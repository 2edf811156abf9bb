import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@cafe-for-me/lib/log';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createIdentity } from '../authorization/identity.ts';
import { createFormatError } from '../errors.ts';
import type { Executed } from '../execute.ts';
import { createLiveSubscriptions } from './live-subscriptions.ts';
import { createWebSocketTransport, type WebSocketTransport } from './websocket.ts';

let server: Server;
let transport: WebSocketTransport;
let client: Client;
let lines: { level: string; msg: string; requestId?: string; error?: { message: string } }[];
/** Of the upstream. */
let unsubscribed: number;
let left: number;
let execute: () => Promise<Executed>;

beforeEach(async () => {
  lines = [];
  unsubscribed = left = 0;
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const log = createLogger({ service: 'router', destination: { write } });
  const upstream = {
    subscribe(_request: unknown, _headers: unknown, sink: { event(event: object): void }) {
      sink.event({ data: {} });
      sink.event({ data: {} });
      return () => void (unsubscribed += 1);
    },
  };
  const generation = {
    pipeline: {
      run: async () => ({
        status: 'streams',
        subscription: { primary: { serviceName: 'people' }, executeEvent: () => execute() },
        variables: undefined,
      }),
    },
    upstreams: new Map([['people', upstream]]),
    enter: () => undefined,
    leave: () => void (left += 1),
  };
  transport = createWebSocketTransport({
    generation: () => generation as never,
    subscriptions: createLiveSubscriptions({ log, spreadMs: 1 }),
    identity: createIdentity({ routerKey: undefined, tokens: undefined }),
    cors: { answered: () => false, mayOpenSocket: () => true },
    rateLimit: undefined,
    formatError: createFormatError(log),
    log,
    maxMessageBytes: 10_000,
  });
  server = createServer().on('upgrade', transport.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
});
afterEach(async () => {
  await client.dispose();
  await transport.drain();
  server.close();
});

const masked = [
  {
    message: expect.stringMatching(/^Something went wrong\. Reference: /),
    extensions: { code: 'INTERNAL_SERVER_ERROR', reference: expect.any(String) },
  },
];

describe('a fault of the router in a subscription', () => {
  it('ends it and its upstream when it comes while an event is filled in, and is masked and logged', async () => {
    execute = () => Promise.reject(new TypeError('secret'));
    const events = client.iterate({ query: 'subscription { any }', extensions: { requestId: 'r-1' } });
    await expect(events.next()).rejects.toEqual(masked);
    expect(unsubscribed).toBe(1);
    // The event's own, which `within` leaves too, and the subscription's.
    expect(left).toBe(2);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ requestId: 'r-1', error: expect.objectContaining({ message: 'secret' }) }),
    ]);
  });

  it('is masked and logged as well when it comes while an event is written', async () => {
    execute = async () => ({
      get data(): string {
        throw new TypeError('secret');
      },
    });
    const events = client.iterate({ query: 'subscription { any }' });
    await expect(events.next()).rejects.toEqual(masked);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ message: 'secret' }) }),
    ]);
  });
});
