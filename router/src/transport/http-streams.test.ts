import { once } from 'node:events';
import { connect } from 'node:net';
import { EventSource } from 'eventsource';
import { openStream, readEvents, readParts } from '../testing/read-stream.ts';
import { message, startTransports, type TestTransports } from '../testing/transports.ts';

let transports: TestTransports;

async function start(options: Parameters<typeof startTransports>[0] = {}): Promise<void> {
  transports = await startTransports(options);
}
afterEach(() => transports.stop());

const query = 'subscription { any }';
const sse = { accept: 'text/event-stream' };
const multipart = { accept: 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json' };
const opened = { retry: expect.any(Number) };
const heartbeat = { comment: '' };
const complete = { event: 'complete', data: '' };

const events = (options: Parameters<typeof openStream>[2] = {}, search = '') =>
  openStream(transports.url + search, readEvents, { ...options, headers: { ...sse, ...options.headers } });
const parts = (options: Parameters<typeof openStream>[2] = {}, search = '') =>
  openStream(transports.url + search, readParts, { ...options, headers: { ...multipart, ...options.headers } });
function get(operation: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(operation)) {
    search.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return `?${search.toString()}`;
}

describe('server-sent events', () => {
  it.each(['POST', 'GET'])('carry a subscription that came by %s, each event with its token', async (method) => {
    await start();
    const operation = { query, extensions: { resume: 'a-token' } };
    const stream = method === 'POST' ? await events({ body: operation }) : await events({ method }, get(operation));
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-request-id': expect.any(String),
    });
    expect(await stream.next()).toEqual(opened);
    const { given, client } = await transports.subscription();
    expect(given).toMatchObject({ resume: 'a-token', transport: 'sse', address: '127.0.0.1', request: { query } });
    for (const version of [1, 2]) {
      client.next(message(version));
      expect(await stream.next()).toEqual({
        id: `token-${version}`,
        event: 'next',
        data: { data: { version }, extensions: { resume: `token-${version}` } },
      });
    }
    client.completed();
    expect(await stream.next()).toEqual(complete);
    expect(await stream.next()).toBe('end');
    expect(transports.inside()).toBe(0);
    expect(transports.open.count).toBe(0);
  });

  it('take the token of the last event before that of the operation', async () => {
    await start();
    const headers = { 'last-event-id': 'newer' };
    const stream = await events({ body: { query, extensions: { resume: 'older' } }, headers });
    expect((await transports.subscription()).given.resume).toBe('newer');
    stream.close();
  });

  it('are what a stock EventSource reads, which comes back with its last token when the stream ends', async () => {
    await start();
    const source = new EventSource(transports.url + get({ query }));
    const heard: unknown[] = [];
    source.addEventListener('next', ({ data }) => heard.push(JSON.parse(data as string)));
    const ended = new Promise((resolve) => source.addEventListener('complete', resolve));
    const first = await transports.subscription(0);
    expect(first.given.resume).toBeUndefined();
    first.client.next(message(7));
    first.client.ended('restart');
    const second = await transports.subscription(1);
    expect(second.given.resume).toBe('token-7');
    second.client.next(message(8));
    second.client.completed();
    await ended;
    source.close();
    expect(heard).toMatchObject([{ data: { version: 7 } }, { data: { version: 8 } }]);
  });

  it('answer queries and mutations with one event', async () => {
    await start();
    const stream = await events({ body: { query: 'mutation { any }' } });
    expect(await stream.next()).toEqual(opened);
    expect(await stream.next()).toEqual({ event: 'next', data: { data: { query: 'mutation { any }' } } });
    expect(await stream.next()).toEqual(complete);
    expect(await stream.next()).toBe('end');
  });

  it('tell what is wrong with an operation in an event, as an EventSource can read nothing else', async () => {
    await start({ run: () => ({ status: 'refused', errors: [{ message: 'no' }] }) });
    for (const body of [{ query }, { query: 1 }, [], null]) {
      const stream = await events({ body });
      expect(stream.status).toBe(200);
      expect(await stream.next()).toEqual(opened);
      expect(await stream.next()).toEqual({
        event: 'next',
        data: {
          errors: [
            {
              message: expect.any(String),
              ...(body !== null && 'query' in body && body.query === query
                ? {}
                : { extensions: { code: 'BAD_REQUEST' } }),
            },
          ],
        },
      });
      expect(await stream.next()).toEqual(complete);
    }
  });

  it('tell errors that end a subscription, and then that it is complete', async () => {
    await start();
    const stream = await events({ body: { query } });
    await stream.next();
    (await transports.subscription()).client.failed([{ message: 'gone', extensions: { code: 'X' } }]);
    expect(await stream.next()).toEqual({
      event: 'next',
      data: { errors: [{ message: 'gone', extensions: { code: 'X' } }] },
    });
    expect(await stream.next()).toEqual(complete);
    expect(await stream.next()).toBe('end');
  });

  it.each(['expired', 'withdrawn', 'restart'] as const)(
    'end without being complete when the client may come back: %s',
    async (reason) => {
      await start();
      const stream = await events({ body: { query } });
      await stream.next();
      (await transports.subscription()).client.ended(reason);
      expect(await stream.next()).toEqual({ comment: reason });
      expect(await stream.next()).toBe('end');
    },
  );

  it('have line breaks of a JSON text on one line', async () => {
    await start();
    const stream = await events({ body: { query } });
    await stream.next();
    (await transports.subscription()).client.next({ ...message(1), text: '{\n"data":\r\n1\r}' });
    expect(await stream.next()).toMatchObject({ data: { data: 1 } });
    stream.close();
  });
});

describe("Apollo's multipart protocol", () => {
  it.each(['POST', 'GET'])('carries a subscription that came by %s', async (method) => {
    await start();
    const operation = { query, extensions: { resume: 'a-token' } };
    const stream = method === 'POST' ? await parts({ body: operation }) : await parts({ method }, get(operation));
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('multipart/mixed;boundary="graphql";subscriptionSpec=1.0');
    const { given, client } = await transports.subscription();
    expect(given).toMatchObject({ resume: 'a-token', transport: 'multipart' });
    for (const version of [1, 2]) {
      client.next(message(version));
      expect(await stream.next()).toEqual({
        payload: { data: { version }, extensions: { resume: `token-${version}` } },
      });
    }
    client.completed();
    expect(await stream.next()).toBe('closed');
    expect(await stream.next()).toBe('end');
  });

  it('tells errors beside an empty payload, those that refuse the operation, too', async () => {
    await start({ run: () => ({ status: 'refused', errors: [{ message: 'no' }] }) });
    const stream = await parts({ body: { query } });
    expect(await stream.next()).toEqual({ payload: null, errors: [{ message: 'no' }] });
    expect(await stream.next()).toBe('closed');
  });

  it.each([
    ['expired', 'UNAUTHENTICATED'],
    ['withdrawn', 'FORBIDDEN'],
    ['restart', 'SUBSCRIPTION_RESTART'],
  ] as const)('says why the client may come back: %s', async (reason, code) => {
    await start();
    const stream = await parts({ body: { query } });
    (await transports.subscription()).client.ended(reason);
    expect(await stream.next()).toMatchObject({ payload: null, errors: [{ extensions: { code } }] });
    expect(await stream.next()).toBe('closed');
    expect(await stream.next()).toBe('end');
  });

  it('leaves queries and mutations to plain HTTP, and answers with JSON what it could not know to be one', async () => {
    await start();
    for (const [body, text] of [
      [{ query: '{ any }' }, 'plain'],
      [{ query: '{ subscription }' }, '{"data":{"query":"{ subscription }"}}'],
      [{ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }, '{"data":{}}'],
    ] as const) {
      const headers = { ...multipart, 'content-type': 'application/json' };
      const response = await fetch(transports.url, { method: 'POST', headers, body: JSON.stringify(body) });
      expect([response.status, await response.text()]).toEqual([200, text]);
    }
  });

  it('answers a query of a client that takes nothing else with one part', async () => {
    await start();
    const stream = await parts({
      body: { query: '{ any }' },
      headers: { accept: 'multipart/mixed;subscriptionSpec=1.0' },
    });
    expect(await stream.next()).toEqual({ payload: { data: { query: '{ any }' } } });
    expect(await stream.next()).toBe('closed');
  });
});

describe.each([
  ['server-sent events', sse, events],
  ['multipart', multipart, parts],
] as const)('a stream over HTTP: %s', (_name, accept, begin) => {
  it('says now and then that it lives', async () => {
    await start({ subscriptions: { heartbeatMs: 100 } });
    const stream = await begin({ body: { query } });
    if (accept === sse) await stream.next();
    const sign = accept === sse ? heartbeat : {};
    for (let times = 0; times < 3; times += 1) expect(await stream.next()).toEqual(sign);
    stream.close();
  });

  it('stops the subscription of a client that has gone', async () => {
    await start();
    const stream = await begin({ body: { query } });
    const one = await transports.subscription();
    stream.close();
    await transports.until(() => one.stopped);
    expect(one.reason).toBe('client');
    one.client.next(message(1));
  });

  it('is not started for a client that has gone before', async () => {
    let accept: (() => void) | undefined;
    let asked: (() => void) | undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    await start({
      run() {
        asked!();
        return new Promise((resolve) => (accept = () => resolve({ status: 'streams' } as never)));
      },
    });
    const aborted = new AbortController();
    const headers = { ...sse, 'content-type': 'application/json' };
    const gone = fetch(transports.url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
      signal: aborted.signal,
    });
    gone.catch(() => undefined);
    await wasAsked;
    aborted.abort();
    while (transports.connections() > 0) await new Promise(setImmediate);
    accept!();
    while (transports.inside() > 0) await new Promise(setImmediate);
    expect(transports.started).toHaveLength(0);
  });

  it('is cut off when its client reads too slowly, and others get all', async () => {
    await start({ subscriptions: { maxBufferedMessages: 5 } });
    const [slow, quick] = [await begin({ body: { query } }), await begin({ body: { query } })];
    const [first, second] = [await transports.subscription(0), await transports.subscription(1)];
    if (accept === sse) await quick.next();
    slow.response.pause();
    const large = { ...message(1), text: JSON.stringify({ data: 'x'.repeat(400_000) }) };
    while (!first.stopped) {
      first.client.next(large);
      second.client.next(large);
      const piece = JSON.stringify(await quick.next());
      expect(piece.length).toBeGreaterThan(400_000);
    }
    expect(first.reason).toBe('slow');
    slow.response.resume();
    let piece: unknown;
    while ((piece = await slow.next()) !== 'broken') expect(piece).not.toBe('end');
    expect(await transports.metrics()).toContain(
      `router_slow_clients_total{transport="${accept === sse ? 'sse' : 'multipart'}"} 1`,
    );
    quick.close();
  });

  it('gets a burst of messages, more than may wait, as far as the system takes them', async () => {
    await start({ subscriptions: { maxBufferedMessages: 1 } });
    const stream = await begin({ body: { query } });
    if (accept === sse) await stream.next();
    const { client } = await transports.subscription();
    for (let version = 1; version <= 200; version += 1) client.next(message(version));
    for (let version = 1; version <= 200; version += 1) {
      const text = JSON.stringify(await stream.next());
      expect(text).toContain(`"version":${version}}`);
    }
    stream.close();
  });

  it('is cut off when its client takes nothing for a round', async () => {
    await start({ subscriptions: { heartbeatMs: 100 } });
    const stream = await begin({ body: { query } });
    const one = await transports.subscription();
    stream.response.pause();
    // Until the system takes no more of it.
    for (let tries = 0; transports.open.waitingBytes() === 0 && tries < 100; tries += 1) {
      one.client.next({ ...message(1), text: JSON.stringify({ data: 'x'.repeat(900_000) }) });
    }
    await transports.until(() => one.stopped);
    stream.close();
  });

  it('is refused with 503 where all places are taken, and told when to come back', async () => {
    await start({ subscriptions: { maxSockets: 1 } });
    const first = await begin({ body: { query } });
    const second = await begin({ body: { query } });
    expect([second.status, second.headers['retry-after']]).toEqual([503, '5']);
    first.close();
  });

  it('changes nothing when it comes by GET, and takes no body of a type that any page can send', async () => {
    const contexts: unknown[] = [];
    await start({
      run(_request, { readOnly }) {
        contexts.push(readOnly);
        return { status: 'answered', text: '{}' };
      },
    });
    for (const method of ['GET', 'POST']) {
      const response = await fetch(transports.url + (method === 'GET' ? get({ query }) : ''), {
        method,
        headers: { ...accept, ...(method === 'POST' && { 'content-type': 'application/json' }) },
        ...(method === 'POST' && { body: JSON.stringify({ query }) }),
      });
      await response.text();
    }
    expect(contexts).toEqual([true, undefined]);
    if (accept === sse) {
      const simple = await fetch(transports.url, {
        method: 'POST',
        headers: { ...accept, 'content-type': 'text/plain' },
        body: '{}',
      });
      expect([simple.status, await simple.text()]).toEqual([400, expect.stringContaining('CSRF')]);
    }
    expect(contexts).toHaveLength(2);
  });

  it('does not begin behind another request of its connection, where it could not be told that its client has gone', async () => {
    await start();
    const { pathname, hostname, port } = new URL(transports.url);
    const path = `${pathname}${get({ query })}`;
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\naccept: ${accept.accept}\r\n\r\n`.repeat(20));
    const first = await transports.subscription();
    await once(socket, 'data');
    expect(transports.started).toHaveLength(1);
    socket.destroy();
    await transports.until(() => first.stopped);
    expect(transports.open.count).toBe(0);
  });

  it('ends when the router stops, in the way that brings its client back', async () => {
    await start();
    const stream = await begin({ body: { query } });
    if (accept === sse) await stream.next();
    const one = await transports.subscription();
    const drained = transports.open.drain();
    const last = await stream.next();
    expect(last).toMatchObject(accept === sse ? { comment: 'restart' } : { payload: null, errors: [{}] });
    await drained;
    expect(one.reason).toBe('restart');
    const late = await begin({ body: { query } });
    if (accept === sse) await late.next();
    expect(await late.next()).toEqual(last);
    expect(transports.started).toHaveLength(1);
  });
});
