import { once } from 'node:events';
import { connect } from 'node:net';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { BadToken, createIdentity } from '../authorization/identity.ts';
import { openRawSocket } from '../testing/raw-socket.ts';
import { message, startTransports, type TestTransports } from '../testing/transports.ts';

let transports: TestTransports;

async function start(options: Parameters<typeof startTransports>[0] = {}): Promise<void> {
  transports = await startTransports(options);
}
const open = (options: Parameters<typeof openRawSocket>[1] = {}) => openRawSocket(transports.url, options);

afterEach(() => transports.stop());

const anonymous = createIdentity({ routerKey: undefined, tokens: undefined });

describe('graphql-transport-ws', () => {
  it('carries a subscription to a stock client, with the token of each message, and takes one back', async () => {
    await start();
    const client = createClient({ url: transports.url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const events = client.iterate({ query: 'subscription { any }', extensions: { resume: 'a-token' } });
    const first = events.next();
    const { given, client: live } = await transports.subscription();
    expect(given).toMatchObject({ resume: 'a-token', transport: 'ws', address: '127.0.0.1' });
    live.next(message(1));
    expect((await first).value).toEqual({ data: { version: 1 }, extensions: { resume: 'token-1' } });
    live.next(message(2));
    expect((await events.next()).value).toEqual({ data: { version: 2 }, extensions: { resume: 'token-2' } });
    live.completed();
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(transports.inside()).toBe(0);
    await client.dispose();
  });

  it('answers queries and mutations with one result', async () => {
    await start();
    const socket = await open();
    socket.subscribe('1', '{ any }');
    expect(await socket.next()).toEqual({ id: '1', type: 'next', payload: { data: { query: '{ any }' } } });
    expect(await socket.next()).toEqual({ id: '1', type: 'complete' });
    // The id is free again.
    socket.subscribe('1', '{ other }');
    expect(await socket.next()).toMatchObject({ payload: { data: { query: '{ other }' } } });
  });

  it('runs several operations on one socket, whatever their ids look like, and sends each its own', async () => {
    await start();
    const socket = await open();
    const ids = ['1', 'öé"\\ 💥', '__proto__', 'x'.repeat(256)];
    for (const id of ids) socket.subscribe(id);
    await transports.subscription(ids.length - 1);
    const one = message(1);
    for (const { client } of transports.started) client.next(one);
    for (const id of ids)
      expect(await socket.next()).toMatchObject({ id, type: 'next', payload: { data: { version: 1 } } });
    const large = { ...message(2), text: JSON.stringify({ data: 'é'.repeat(80_000) }) };
    transports.started[1]!.client.next(large);
    expect(await socket.next()).toEqual({ id: ids[1], type: 'next', payload: { data: 'é'.repeat(80_000) } });
  });

  it('tells errors that end an operation, and ends only that', async () => {
    await start({ run: ({ query }) => ({ status: 'refused', errors: [{ message: String(query) }] }) });
    const socket = await open();
    socket.subscribe('1', 'no');
    expect(await socket.next()).toEqual({ id: '1', type: 'error', payload: [{ message: 'no' }] });
    socket.subscribe('1', 'again');
    expect(await socket.next()).toMatchObject({ payload: [{ message: 'again' }] });
  });

  it('masks and logs a fault of the router', async () => {
    await start({ run: () => Promise.reject(new TypeError('secret')) });
    const socket = await open();
    socket.subscribe('1', '{ any }', { requestId: 'r-1' });
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ message: expect.stringMatching(/^Something went wrong\. Reference: /) }],
    });
    const fault = transports.lines.find(({ level }) => level === 'error');
    expect(fault).toMatchObject({ requestId: 'r-1', error: { message: 'secret' } });
    expect(transports.inside()).toBe(0);
  });

  it('stops a subscription when its client completes it, also before it runs', async () => {
    let accept: (() => void) | undefined;
    await start({
      run: () => new Promise((resolve) => (accept = () => resolve({ status: 'streams' } as never))),
    });
    const socket = await open();
    socket.subscribe('1');
    socket.send({ id: '1', type: 'complete' });
    socket.send({ type: 'ping' });
    await socket.next();
    accept!();
    socket.subscribe('1');
    socket.send({ type: 'ping' });
    await socket.next();
    expect(transports.started).toHaveLength(0);
    accept!();
    const one = await transports.subscription();
    socket.send({ id: '1', type: 'complete' });
    await transports.until(() => one.stopped);
    socket.send({ id: 'unknown', type: 'complete' });
    one.client.next(message(1));
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });

  it('stops the subscriptions of a client that has gone', async () => {
    await start();
    const socket = await open();
    for (const id of ['1', '2']) socket.subscribe(id);
    await transports.subscription(1);
    socket.socket.terminate();
    await transports.until(() => transports.started.every(({ stopped }) => stopped));
  });

  it('answers pings, those of the protocol and those of WebSocket', async () => {
    await start();
    const socket = await open();
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.send({ type: 'ping', payload: { a: 1 } });
    expect(await socket.next()).toEqual({ type: 'pong', payload: { a: 1 } });
    socket.send({ type: 'pong', payload: { a: 1 } });
    const pong = once(socket.socket, 'pong');
    socket.socket.ping('data');
    expect(String((await pong)[0])).toBe('data');
  });

  it('keeps of the headers that opened a socket those that some rule passes on, and the trace', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await start({ headers: { propagate: ['x-shop', '/^x-a-/'] } });
    const headers = { traceparent, 'x-shop': 's', 'x-a-b': 'b', 'x-other': 'o', cookie: 'c' };
    const socket = await open({ headers });
    socket.subscribe('1');
    const { given } = await transports.subscription();
    expect(given.context).toMatchObject({ traceparent });
    expect(given.context.headers).toEqual({ traceparent, 'x-shop': 's', 'x-a-b': 'b' });
  });
});

describe('a socket is closed', () => {
  it.each([
    ['4400 for what is no message', '{', 4400],
    ['4400 for a message of unknown type', { type: 'x' }, 4400],
    ['4400 for a message that only servers send', { type: 'connection_ack' }, 4400],
    ['4400 for a subscribe without a query', { id: '1', type: 'subscribe', payload: {} }, 4400],
    ['4400 for a message nested too deep', `{"type":"ping","payload":${'{"a":'.repeat(900)}1${'}'.repeat(900)}}`, 4400],
    [
      '4400 for an operation of an endless id',
      { id: 'é'.repeat(300), type: 'subscribe', payload: { query: '{ any }' } },
      4400,
    ],
    ['4400 for the end of one', { id: 'é'.repeat(300), type: 'complete' }, 4400],
    ['4429 for a second connection_init', { type: 'connection_init' }, 4429],
    ['1009 for a message that is too large', { type: 'ping', payload: { a: 'x'.repeat(200_000) } }, 1009],
  ])('with %s', async (_what, sent, code) => {
    await start();
    const socket = await open();
    socket.send(sent);
    expect((await socket.closed).code).toBe(code);
  });

  it('with 4400 for binary messages that are no text, not for those that are', async () => {
    await start();
    const socket = await open();
    socket.socket.send(Buffer.from('{"type":"ping"}'));
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.socket.send(Buffer.from([0xff]));
    expect((await socket.closed).code).toBe(4400);
  });

  it('with 4401 for an operation before connection_init', async () => {
    await start();
    const socket = await open({ initialize: false });
    socket.subscribe('1');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  it('with 4403 for a token that does not hold, with 1013 for one that can not be checked', async () => {
    for (const [unavailable, code] of [
      [false, 4403],
      [true, 1013],
    ] as const) {
      const identify = () => Promise.reject(new BadToken('no', { unavailable }));
      await start({ identity: { ...anonymous, identify } });
      const socket = await open({ initialize: false });
      socket.send({ type: 'connection_init', payload: { authorization: 'Bearer x' } });
      expect((await socket.closed).code).toBe(code);
      if (unavailable) break;
      await transports.stop();
    }
  });

  it('with 4403 at the end of its token, with subscriptions or without', async () => {
    let expiresAt = Date.now() + 60_000;
    const caller = {
      ...anonymous.anonymous,
      claims: {},
      get expiresAt() {
        return expiresAt;
      },
    };
    await start({ identity: { ...anonymous, identify: () => caller }, subscriptions: { heartbeatMs: 1_000 } });
    const idle = await open();
    expiresAt = 0;
    expect(await idle.closed).toEqual({ code: 4403, reason: 'The token has expired' });
    const asking = await open();
    asking.subscribe('1', '{ any }');
    expect((await asking.closed).code).toBe(4403);
  });

  it('with 4403 when the access of its caller is withdrawn', async () => {
    let holds = true;
    await start({ identity: { ...anonymous, holds: () => holds }, subscriptions: { heartbeatMs: 1_000 } });
    const idle = await open();
    holds = false;
    expect(await idle.closed).toEqual({ code: 4403, reason: 'Access was withdrawn' });
  });

  it.each([
    ['expired', 4403],
    ['withdrawn', 4403],
    ['restart', 1012],
  ] as const)('when one of its subscriptions can not go on: %s', async (reason, code) => {
    await start();
    const socket = await open();
    for (const id of ['1', '2']) socket.subscribe(id);
    const { client } = await transports.subscription(1);
    client.ended(reason);
    expect((await socket.closed).code).toBe(code);
    await transports.until(() => transports.started[0]!.stopped);
    expect(transports.started[0]!.reason).toBe(reason);
  });

  it('with 4406 for another protocol', async () => {
    await start();
    const socket = new WebSocket(transports.url.replace('http', 'ws'));
    expect((await once(socket, 'close'))[0]).toBe(4406);
  });

  it('with 4408 when nothing is said for too long', async () => {
    await start({ subscriptions: { initTimeoutMs: 20 } });
    const late = await open({ initialize: false });
    const inTime = await open();
    expect((await late.closed).code).toBe(4408);
    inTime.send({ type: 'ping' });
    expect(await inTime.next()).toEqual({ type: 'pong' });
  });

  it.each(['1', 'é'.repeat(100)])('with 4409 for an id that is taken: %s', async (id) => {
    await start();
    const socket = await open();
    socket.subscribe(id);
    socket.subscribe(id);
    expect(await socket.closed).toMatchObject({ code: 4409, reason: expect.stringMatching(/^Subscriber .*exists$/) });
  });

  it('when it answers no ping, and stays open when it does', async () => {
    await start({ subscriptions: { heartbeatMs: 1_000 } });
    const answering = await open();
    const silent = await open({ autoPong: false });
    expect((await silent.closed).code).toBe(1006);
    answering.send({ type: 'ping' });
    expect(await answering.next()).toEqual({ type: 'pong' });
    await once(answering.socket, 'ping');
  });

  it('with 1013 when its client reads too slowly, and others get all', async () => {
    await start({ subscriptions: { maxBufferedMessages: 5, maxBufferedBytes: 1_000_000_000 } });
    const [slow, quick] = [await open(), await open()];
    for (const socket of [slow, quick]) socket.subscribe('1');
    const [first, second] = [await transports.subscription(0), await transports.subscription(1)];
    slow.socket.pause();
    const large = { ...message(1), text: JSON.stringify({ data: 'x'.repeat(400_000) }) };
    let sent = 0;
    for (; !first.stopped; sent += 1) {
      first.client.next(large);
      second.client.next(large);
      expect(await quick.next()).toMatchObject({ type: 'next' });
    }
    expect(sent).toBeGreaterThan(5);
    expect(first.reason).toBe('slow');
    expect(quick.socket.readyState).toBe(WebSocket.OPEN);
    // What it had not read by then is cut off after a while.
    slow.socket.resume();
    expect([1013, 1006]).toContain((await slow.closed).code);
    expect(await transports.metrics()).toContain('router_slow_clients_total{transport="ws"} 1');
  });

  it('and cut off when its client reads nothing any more', async () => {
    await start({ subscriptions: { maxBufferedBytes: 1_024 } });
    const slow = await open();
    slow.subscribe('1');
    const one = await transports.subscription();
    slow.socket.pause();
    const large = { ...message(1), text: JSON.stringify({ data: 'x'.repeat(400_000) }) };
    while (!one.stopped) {
      one.client.next(large);
      await new Promise(setImmediate);
    }
    while (transports.webSockets.count() > 0) await new Promise(setImmediate);
    expect(transports.open.count).toBe(0);
    slow.socket.terminate();
  });
});

describe('limits of sockets', () => {
  it('refuse the one that is too many with 503, and say when to come back', async () => {
    await start({ subscriptions: { maxSockets: 1 } });
    const first = await open();
    const second = new WebSocket(transports.url.replace('http', 'ws'), 'graphql-transport-ws');
    second.on('error', () => undefined);
    const [, response] = await once(second, 'unexpected-response');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
    second.terminate();
    first.socket.close();
    await first.closed;
    while (transports.open.count > 0) await new Promise(setImmediate);
    await open();
  });

  it('keep nobody who was refused and does not close his side', async () => {
    await start({ subscriptions: { maxSockets: 1 } });
    const first = await open();
    const { hostname, port, pathname } = new URL(transports.url);
    const refused = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    refused.write(
      [
        `GET ${pathname} HTTP/1.1`,
        'host: x',
        'connection: upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
        'sec-websocket-protocol: graphql-transport-ws',
        '\r\n',
      ].join('\r\n'),
    );
    const [answer] = await once(refused, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 503 /);
    while (transports.connections() > 1) await new Promise(setImmediate);
    refused.destroy();
    first.socket.close();
  });

  it('refuse the operation that is too many on one socket, and only that', async () => {
    await start({ subscriptions: { maxPerSocket: 2 } });
    const socket = await open();
    for (const id of ['1', '2', '3']) socket.subscribe(id);
    expect(await socket.next()).toMatchObject({
      id: '3',
      type: 'error',
      payload: [{ extensions: { code: 'SUBSCRIPTION_LIMIT_EXCEEDED' } }],
    });
    socket.send({ id: '1', type: 'complete' });
    socket.subscribe('3');
    await transports.subscription(2);
  });
});

describe('when the router stops', () => {
  it('sockets are closed with 1012, one after the other, and go on until it is their turn', async () => {
    await start({ subscriptions: { drainSpreadMs: 300 } });
    const sockets = await Promise.all(Array.from({ length: 40 }, () => open()));
    for (const socket of sockets) socket.subscribe('1');
    await transports.subscription(39);
    // The first ones are closed at once, and no other before this turn is over.
    const drained = transports.open.drain();
    for (const { client } of transports.started) client.next(message(1));
    const heard = await Promise.all(sockets.map(({ next }) => next()));
    expect([heard[0], heard.at(-1)]).toMatchObject([undefined, { payload: { data: { version: 1 } } }]);
    const refused = new WebSocket(transports.url.replace('http', 'ws'), 'graphql-transport-ws');
    refused.on('error', () => undefined);
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).toBe(503);
    refused.terminate();
    for (const { closed } of sockets) expect(await closed).toEqual({ code: 1012, reason: 'Service Restart' });
    await drained;
    expect(transports.started.every(({ reason }) => reason === 'restart')).toBe(true);
  });
});

describe('metrics of sockets', () => {
  it('tell how many were opened and closed, and how long events took', async () => {
    await start();
    const socket = await open();
    for (const id of ['1', '2']) socket.subscribe(id);
    await transports.subscription(1);
    const one = message(1, Date.now() - 20);
    for (const { client } of transports.started) client.next(one);
    for (const { client } of transports.started) client.next(message(2));
    await socket.next();
    socket.socket.close(4321);
    while (transports.open.count > 0) await new Promise(setImmediate);
    const text = await transports.metrics();
    expect(text).toContain('router_connections_total{transport="ws"} 1');
    expect(text).toContain('router_sockets_closed_total{code="other"} 1');
    expect(text).toContain('router_event_duration_seconds_count 1');
    expect(text).toContain('router_waiting_bytes 0');
  });
});
