import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { startRouter, type AnyData, type TestRouter } from './testing/router.ts';
import { compose, startSubgraphs } from './testing/supergraph.ts';
import { createTopic } from './testing/topic.ts';

interface Message {
  id: string;
  type: string;
}

let router: TestRouter;
let server: WebSocketServer;
let heard: AsyncIterableIterator<Message>;
let upstream: WebSocket;

beforeEach(async () => {
  const subgraphs = await startSubgraphs();
  await subgraphs.stop();
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/graphql' });
  await once(server, 'listening');
  const messages = createTopic<Message>();
  heard = messages.listen();
  server.on('connection', function connected(socket) {
    upstream = socket;
    socket.on('message', function onMessage(data: Buffer) {
      const message = JSON.parse(data.toString()) as Message;
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      else messages.publish(message);
    });
  });
  const { people, reviews, badges } = subgraphs;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  router = await startRouter(compose([{ name: people.name, sdl: people.sdl, url }, reviews, badges]), {
    streamLimits: { retryMs: 1 },
  });
});
afterEach(async () => {
  await router.stop();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

/** What the router says next, which is about a subscription. */
async function next(type: string): Promise<Message> {
  const { value } = (await heard.next()) as { value: Message };
  expect(value.type).toBe(type);
  return value;
}

const send = (type: string, { id }: Message, payload: string) =>
  upstream.send(`{"id":${JSON.stringify(id)},"type":"${type}","payload":${payload}}`);

const subscribe = () =>
  router.socket().iterate<AnyData>({ query: 'subscription { unending(filter: null) { version } }' });
const good = '{"data":{"unending":{"version":1}}}';
const failed = {
  message: 'The service "people" can\'t be reached.',
  extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'people' },
};
const noResponse = { data: { unending: null }, errors: [failed] };

describe('an odd event of a subgraph', () => {
  it.each([
    ['{"data":{"e":1},"errors":null}', { data: { unending: null } }],
    [
      '{"errors":[{"message":"m","path":5}]}',
      {
        data: { unending: null },
        errors: [{ message: 'm', extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', serviceName: 'people' } }],
      },
    ],
    ['{"errors":"str"}', noResponse],
    ['{"errors":[{"message":5}]}', noResponse],
    ['{"data":"secret"}', noResponse],
    ['{}', noResponse],
  ])('is delivered with errors that clients may see, and the next one follows: %s', async (payload, expected) => {
    const events = subscribe();
    const first = events.next();
    const subscription = await next('subscribe');
    send('next', subscription, good);
    await first;
    send('next', subscription, payload);
    expect((await events.next()).value).toEqual(expected);
    expect(router.lines.some((line) => line.includes('an event is no GraphQL response'))).toBe(expected === noResponse);
    send('next', subscription, good);
    expect((await events.next()).value).toEqual({ data: { unending: { version: 1 } } });
    await events.return?.();
    expect((await next('complete')).id).toBe(subscription.id);
  });

  it.each(['null', '"secret"'])('that is no object has it subscribed again, and no other: %s', async (payload) => {
    const other = subscribe();
    const others = other.next();
    const itsOwn = await next('subscribe');
    send('next', itsOwn, good);
    await others;
    const events = subscribe();
    const first = events.next();
    const subscription = await next('subscribe');
    send('next', subscription, payload);
    expect((await next('complete')).id).toBe(subscription.id);
    send('next', await next('subscribe'), good);
    expect((await first).value).toMatchObject({ data: { unending: { version: 1 } } });
    await events.return?.();
    await next('complete');
    await other.return?.();
    expect((await next('complete')).id).toBe(itsOwn.id);
  });

  it('ends it as its errors say, when it is the first one and has no data', async () => {
    const events = subscribe();
    const first = events.next();
    const subscription = await next('subscribe');
    send('next', subscription, '{"errors":[{"message":"m","extensions":{"code":"FORBIDDEN"}}]}');
    await expect(first).rejects.toEqual([{ message: 'm', extensions: { code: 'FORBIDDEN', serviceName: 'people' } }]);
    expect((await next('complete')).id).toBe(subscription.id);
  });

  it.each([
    ['[{"message":5}]', [failed]],
    [
      '[{"message":"m","path":5}]',
      [{ message: 'm', extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', serviceName: 'people' } }],
    ],
  ])('ends it as its errors say, when it is a refusal: %s', async (payload, expected) => {
    const events = subscribe();
    const first = events.next();
    send('error', await next('subscribe'), payload);
    await expect(first).rejects.toEqual(expected);
  });
});
