import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@cafe-for-me/lib/log';
import { WebSocketServer, type WebSocket } from 'ws';
import { createTopic } from '../testing/topic.ts';
import { createUpstream, type Upstream, type UpstreamSubscription } from './upstream.ts';

interface Message {
  id: string;
  type: string;
  payload?: Record<string, unknown>;
}

let server: WebSocketServer;
let upstream: Upstream;
let heard: AsyncIterableIterator<Message>;
let sockets: WebSocket[];

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/graphql' });
  await once(server, 'listening');
  const messages = createTopic<Message>();
  heard = messages.listen();
  sockets = [];
  server.on('connection', function connected(socket) {
    sockets.push(socket);
    socket.on('message', function onMessage(data: Buffer) {
      const message = JSON.parse(data.toString()) as Message;
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      else if (message.type !== 'ping') messages.publish(message);
    });
  });
  const { port } = server.address() as AddressInfo;
  upstream = createUpstream({
    subgraph: { name: 'one', url: `http://127.0.0.1:${port}/graphql` },
    anonymous: { claims: null, expiresAt: undefined, signed: () => undefined },
    log: createLogger({ service: 'router', level: 'silent' }),
    times: { retryMs: 1, idleMs: 1 },
  });
});
afterEach(() => {
  upstream.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

async function next(type: string): Promise<Message> {
  const { value } = (await heard.next()) as { value: Message };
  expect(value.type).toBe(type);
  return value;
}

/** Writes down what it is told. */
function noting(query = 'subscription { a }') {
  const told = createTopic<unknown[]>();
  const events = told.listen();
  const tell =
    (name: string) =>
    (...what: unknown[]) =>
      told.publish([name, ...what]);
  const subscription: UpstreamSubscription = {
    clientHeaders: {},
    request: () => ({ query, variables: {}, operationName: undefined, extensions: { requestId: 'r' } }),
    event: tell('event'),
    ready: tell('ready'),
    refused: tell('refused'),
    lost: (_reason, what) => told.publish(['lost', what]),
    ended: tell('ended'),
  };
  return { subscription, told: async () => (await events.next()).value };
}

const send = (message: object) => sockets.at(-1)!.send(JSON.stringify(message));

describe('the subscriptions of one subgraph', () => {
  it('share a connection, and each hears its own', async () => {
    const [one, two] = [noting(), noting('subscription { b }')];
    upstream.subscribe(one.subscription);
    upstream.subscribe(two.subscription);
    const [first, second] = [await next('subscribe'), await next('subscribe')];
    expect([first.payload?.['query'], second.payload?.['query']]).toEqual(['subscription { a }', 'subscription { b }']);
    const extensions = { position: 's~1', resumed: 'exact', occurredAt: 5 };
    send({ id: second.id, type: 'next', payload: { data: { b: 1 }, extensions } });
    send({ id: first.id, type: 'next', payload: { data: { a: 1 }, extensions: { position: 5, resumed: 'no' } } });
    expect(await two.told()).toEqual(['event', { answer: { data: { b: 1 } }, place: extensions }]);
    expect(await one.told()).toEqual(['event', { answer: { data: { a: 1 } }, place: {} }]);
    send({ id: first.id, type: 'complete' });
    send({ id: second.id, type: 'error', payload: [{ message: 'no' }] });
    expect([await one.told(), await two.told()]).toEqual([['ended'], ['refused', [{ message: 'no' }]]]);
    expect(sockets).toHaveLength(1);
  });

  it('are told where they are by a ping, which is answered', async () => {
    const one = noting();
    upstream.subscribe(one.subscription);
    const { id } = await next('subscribe');
    send({ type: 'ping', payload: { id, position: 's~1', resumed: 'exact' } });
    expect(await one.told()).toEqual(['ready', { position: 's~1', resumed: 'exact' }]);
    await next('pong');
    send({ type: 'ping' });
    await next('pong');
  });

  it('are lost with the connection, and are sent again on the next one', async () => {
    const [one, two] = [noting(), noting()];
    for (const { subscription } of [one, two]) upstream.subscribe(subscription);
    await next('subscribe');
    await next('subscribe');
    sockets[0]!.terminate();
    expect([await one.told(), await two.told()]).toEqual([['lost', 'connection'], ['lost', 'connection']]); // prettier-ignore
    const id = upstream.subscribe(one.subscription);
    expect((await next('subscribe')).id).toBe(String(id));
    expect(sockets).toHaveLength(2);
    upstream.unsubscribe(id);
    expect((await next('complete')).id).toBe(String(id));
    // Nobody wants it any more.
    await once(sockets[1]!, 'close');
  });

  it('are lost when a message is no JSON', async () => {
    const one = noting();
    upstream.subscribe(one.subscription);
    await next('subscribe');
    sockets[0]!.send('no JSON');
    expect(await one.told()).toEqual(['lost', 'connection']);
  });

  it('hear nothing any more when they were ended', async () => {
    const [one, two] = [noting(), noting()];
    const id = upstream.subscribe(one.subscription);
    upstream.subscribe(two.subscription);
    await next('subscribe');
    const { id: other } = await next('subscribe');
    upstream.unsubscribe(id);
    await next('complete');
    for (const [to, a] of [[String(id), 1], [other, 2]] as const) send({ id: to, type: 'next', payload: { data: { a } } }); // prettier-ignore
    expect(await two.told()).toMatchObject(['event', { answer: { data: { a: 2 } } }]);
    sockets[0]!.terminate();
    expect(await two.told()).toEqual(['lost', 'connection']);
    upstream.subscribe(one.subscription);
    const again = await next('subscribe');
    send({ id: again.id, type: 'complete' });
    // What it hears first is of its second time.
    expect(await one.told()).toEqual(['ended']);
  });

  it('come through by the thousands, and wait for their connection as long as it takes', async () => {
    const many = Array.from({ length: 3_000 }, () => noting());
    const ids = many.map(({ subscription }) => upstream.subscribe(subscription));
    for (const id of ids) expect((await next('subscribe')).id).toBe(String(id));
    for (const id of ids) send({ id: String(id), type: 'next', payload: { data: { id } } });
    for (const [index, one] of many.entries()) {
      expect(await one.told()).toMatchObject(['event', { answer: { data: { id: ids[index] } } }]);
    }
    expect(sockets).toHaveLength(1);
  });
});
