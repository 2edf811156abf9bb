import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createLogger } from '@cafe-for-me/lib/log';
import { GraphQLError } from 'graphql';
import { createSubgraphFetch } from './fetch.ts';
import type { Caller } from '../authorization/identity.ts';
import type { RequestContext } from '../request-context.ts';
import { settingsOf, subgraphSettings } from './subgraph-settings.ts';
import { createFlights } from './subgraph-sharing.ts';

type Answer = (response: ServerResponse, body: string) => void;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

const ok: Answer = (response) => void response.end('{"data":{"a":1}}');
const broken: Answer = (response) => void response.destroy();
const hang: Answer = () => {};
const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code).end('busy');

/** A subgraph that gives its answers in turn, the last of them again and again. */
async function subgraphThat(...answers: Answer[]) {
  const requests: { body: string; headers: IncomingHttpHeaders }[] = [];
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    requests.push({ body, headers: request.headers });
    server.emit('asked');
    (answers.length > 1 ? answers.shift()! : answers[0]!)(response, body);
  }
  const server = createServer((request, response) => void respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    name: 'shops',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql?a=b`,
    requests,
    async asked(times: number) {
      while (requests.length < times) await once(server, 'asked');
    },
  };
}

function fetchFrom(
  subgraph: { name: string; url: string },
  settings: Parameters<typeof subgraphSettings.parse>[0] = {},
  flights = createFlights(),
) {
  const lines: string[] = [];
  const log = createLogger({
    service: 'router',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const own = settingsOf(subgraphSettings.parse(settings), subgraph.name);
  const fetch = createSubgraphFetch({ subgraph, settings: own, flights, log });
  open.unshift(() => fetch.close());
  return { ...fetch, lines };
}

function callerSigning(identity: string | undefined): Caller {
  return { claims: null, expiresAt: undefined, signed: () => identity };
}

function context(changes: Partial<RequestContext> = {}): RequestContext {
  return { requestId: 'r', traceparent: undefined, headers: {}, caller: callerSigning(undefined), ...changes };
}

const query = { repeatable: true, shareable: true };
const event = { repeatable: true, shareable: false };
const mutation = { repeatable: false, shareable: false };
const failed = { extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'shops' } };

describe('a fetch from a subgraph', () => {
  it('sends the body and what the router says, and gives the text that is answered', async () => {
    const subgraph = await subgraphThat(ok);
    const { exchange } = fetchFrom(subgraph, { headers: { insert: { 'x-from': 'router' }, propagate: ['x-lang'] } });
    const text = await exchange(
      '{"query":"{a}"}',
      context({ traceparent: 't', headers: { 'x-lang': 'ko', cookie: 'c' }, caller: callerSigning('i') }),
      query,
    );
    expect(text).toBe('{"data":{"a":1}}');
    expect(subgraph.requests).toEqual([{ body: '{"query":"{a}"}', headers: expect.anything() }]);
    expect(subgraph.requests[0]!.headers).toEqual({
      host: new URL(subgraph.url).host,
      connection: 'keep-alive',
      'content-length': '15',
      'content-type': 'application/json',
      accept: 'application/json',
      'x-request-id': 'r',
      'x-router-identity': 'i',
      'x-from': 'router',
      'x-lang': 'ko',
      traceparent: 't',
    });
  });

  it('is an error for what is no answer, which says nothing of it', async () => {
    const { exchange, lines } = fetchFrom(await subgraphThat((response) => void response.end('<html>at 10.0.0.1')));
    const error: unknown = await exchange('{}', context(), query).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GraphQLError);
    expect(error).toMatchObject(failed);
    expect(JSON.stringify(error)).not.toContain('10.0.0.1');
    expect(lines.join('')).toContain('10.0.0.1');
  });

  it('is told of in the log when what reads the answer finds no GraphQL in it', async () => {
    const { unusable, lines } = fetchFrom(await subgraphThat(ok));
    expect(unusable('{"data":{"a"', context())).toMatchObject(failed);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', subgraph: 'shops', requestId: 'r' });
  });

  it('is given up when its time is over, and not sent again', async () => {
    const subgraph = await subgraphThat(hang, ok);
    // Long enough for a busy machine to bring the request there.
    const { exchange } = fetchFrom(subgraph, { byName: { shops: { timeoutMs: 500 } } });
    await expect(exchange('{}', context(), query)).rejects.toMatchObject({
      extensions: { code: 'SUBREQUEST_TIMEOUT', serviceName: 'shops' },
    });
    expect(subgraph.requests).toHaveLength(1);
  });

  it('is given up when it waits too long for a connection', async () => {
    const subgraph = await subgraphThat((response, body) => body === '3' && ok(response, body));
    const { exchange } = fetchFrom(subgraph, { timeoutMs: 1_000, connections: 1 });
    const answers = await Promise.allSettled([exchange('1', context(), query), exchange('2', context(), query)]);
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
    expect(await exchange('3', context(), query)).toBe('{"data":{"a":1}}');
  });

  it('is given up when the answer is larger than it may be', async () => {
    const subgraph = await subgraphThat((response) => void response.end(`{"data":{"a":"${'x'.repeat(2_000)}"}}`));
    const { exchange } = fetchFrom(subgraph, { maxAnswerBytes: 1_000 });
    await expect(exchange('{}', context(), query)).rejects.toMatchObject(failed);
    expect(subgraph.requests).toHaveLength(1);
  });

  it('is an error when the answer is no UTF-8, but not when it has a replacement character of its own', async () => {
    const { exchange } = fetchFrom(
      await subgraphThat(
        (response) => void response.end(Buffer.from([...Buffer.from('{"data":{"a":"'), 0xc3, 0x28, 0x22, 0x7d, 0x7d])),
        (response) => void response.end('{"data":{"a":"커피 \uFFFD"}}'),
      ),
    );
    await expect(exchange('{}', context(), query)).rejects.toMatchObject(failed);
    expect(await exchange('{}', context(), query)).toBe('{"data":{"a":"커피 \uFFFD"}}');
  });

  it('is an error when a header of the client can not be sent on, whatever it is', async () => {
    const { exchange } = fetchFrom(await subgraphThat(ok), { headers: { propagate: ['x-lang'] } });
    await expect(exchange('{}', context({ headers: { 'x-lang': 'a\nb' } }), query)).rejects.toMatchObject(failed);
  });
});

describe('a query that failed', () => {
  it.each([
    ['the connection broke', broken],
    ['the subgraph was busy', status(503)],
    ['the gateway before the subgraph found none', status(502)],
  ])('is sent again when %s', async (_why, answer) => {
    const subgraph = await subgraphThat(answer, ok);
    const { exchange } = fetchFrom(subgraph, { retry: { waitMs: 1 } });
    expect(await exchange('{}', context(), query)).toBe('{"data":{"a":1}}');
    expect(subgraph.requests).toHaveLength(2);
  });

  it('is sent again as often as is set, and not when the answer is clear', async () => {
    const busy = await subgraphThat(status(503));
    const settings = { retry: { attempts: 2, waitMs: 1, budgetPercent: 100 } };
    await expect(fetchFrom(busy, settings).exchange('{}', context(), query)).rejects.toMatchObject(failed);
    expect(busy.requests).toHaveLength(3);
    const wrong = await subgraphThat(status(500));
    await expect(fetchFrom(wrong, settings).exchange('{}', context(), query)).rejects.toMatchObject(failed);
    expect(wrong.requests).toHaveLength(1);
  });

  it('is sent again when the subgraph could not be reached', async () => {
    // Nobody listens there; a port that was free a moment ago may be another test's now.
    const { exchange, lines } = fetchFrom({ name: 'shops', url: 'http://127.0.0.1:1/' }, { retry: { waitMs: 1 } });
    await expect(exchange('{}', context(), query)).rejects.toMatchObject(failed);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ subgraph: 'shops', requestId: 'r', tries: 2 });
  });

  it('is sent again for an event, too', async () => {
    const { exchange } = fetchFrom(await subgraphThat(broken, ok), { retry: { waitMs: 1 } });
    expect(await exchange('{}', context(), event)).toBe('{"data":{"a":1}}');
  });

  it('is not sent again as a mutation', async () => {
    const subgraph = await subgraphThat(broken, ok);
    const { exchange } = fetchFrom(subgraph, { retry: { waitMs: 1 } });
    await expect(exchange('{}', context(), mutation)).rejects.toMatchObject(failed);
    expect(subgraph.requests).toHaveLength(1);
  });
});

describe('a subgraph that fails repeatedly', () => {
  const breaker = { minimumCalls: 2, probeAfterMs: 60_000 };
  const settings = { breaker, retry: { attempts: 0 } };

  it('is left alone', async () => {
    const subgraph = await subgraphThat(status(500));
    const { exchange, lines } = fetchFrom(subgraph, settings);
    for (const body of ['1', '2']) await expect(exchange(body, context(), query)).rejects.toMatchObject(failed);
    await expect(exchange('3', context(), query)).rejects.toMatchObject({
      message: 'The service "shops" failed repeatedly and is left alone for a moment.',
      ...failed,
    });
    expect(subgraph.requests).toHaveLength(2);
    expect(lines.join('')).toContain('circuit breaker opened');
  });

  it('is asked again after a while', async () => {
    const subgraph = await subgraphThat(status(500), status(500), ok);
    const { exchange, lines } = fetchFrom(subgraph, { ...settings, breaker: { ...breaker, probeAfterMs: 1 } });
    for (const body of ['1', '2']) await expect(exchange(body, context(), query)).rejects.toMatchObject(failed);
    let answer: string | undefined;
    while (answer === undefined) {
      answer = await exchange('3', context(), query).catch(() => undefined);
    }
    expect(answer).toBe('{"data":{"a":1}}');
    expect(lines.join('')).toContain('circuit breaker closed');
  });

  it('is not left alone when it only refuses, or gives too much', async () => {
    const subgraph = await subgraphThat(status(401), status(401), (response) => void response.end('x'.repeat(2_000)));
    const { exchange } = fetchFrom(subgraph, { ...settings, maxAnswerBytes: 1_000 });
    for (const body of ['1', '2', '3', '4']) await exchange(body, context(), query).catch(() => undefined);
    expect(subgraph.requests).toHaveLength(4);
  });

  it('is asked all the same where that is set', async () => {
    const subgraph = await subgraphThat(status(500));
    const { exchange } = fetchFrom(subgraph, { ...settings, breaker: { ...breaker, enabled: false } });
    for (const body of ['1', '2', '3']) await exchange(body, context(), query).catch(() => undefined);
    expect(subgraph.requests).toHaveLength(3);
  });
});

describe('equal queries of several clients', () => {
  /** Holds answers back until the test lets them go. */
  function held() {
    const waiting: ServerResponse[] = [];
    return {
      answer: ((response) => void waiting.push(response)) as Answer,
      release: (text = '{"data":{"a":1}}') => {
        for (const response of waiting.splice(0)) response.end(text);
      },
    };
  }

  it('share one request while it is under way', async () => {
    const { answer, release } = held();
    const subgraph = await subgraphThat(answer);
    const { exchange } = fetchFrom(subgraph);
    const texts = ['1', '2', '3'].map((requestId) =>
      exchange('{}', context({ requestId, traceparent: requestId }), query),
    );
    await subgraph.asked(1);
    release();
    expect(await Promise.all(texts)).toEqual(['{"data":{"a":1}}', '{"data":{"a":1}}', '{"data":{"a":1}}']);
    expect(subgraph.requests).toHaveLength(1);
    const later = exchange('{}', context(), query);
    await subgraph.asked(2);
    release();
    await later;
  });

  it.each([
    ['another identity', { caller: callerSigning('somebody') }],
    ['another header that is passed on', { headers: { 'x-lang': 'ko' } }],
  ])('do not share with %s', async (_what, changes) => {
    const { answer, release } = held();
    const subgraph = await subgraphThat(answer);
    const { exchange } = fetchFrom(subgraph, { headers: { propagate: ['x-lang'] } });
    const texts = [context(), context(changes)].map((one) => exchange('{}', one, query));
    await subgraph.asked(2);
    release();
    await Promise.all(texts);
  });

  it.each([
    ['another body', {}, '{"b":1}', query],
    ['a mutation', {}, '{}', mutation],
    ['what an event needs', {}, '{}', event],
    ['anybody where that is set', { shareInFlight: false }, '{}', query],
  ])('do not share with %s', async (_what, settings, body, use) => {
    const { answer, release } = held();
    const subgraph = await subgraphThat(answer);
    const { exchange } = fetchFrom(subgraph, settings);
    const texts = [exchange('{}', context(), query), exchange(body, context(), use)];
    await subgraph.asked(2);
    release();
    await Promise.all(texts);
  });

  it('do not share an answer that may be older than a mutation, of whichever subgraph', async () => {
    const { answer, release } = held();
    const subgraph = await subgraphThat(answer);
    const flights = createFlights();
    const { exchange } = fetchFrom(subgraph, {}, flights);
    const other = fetchFrom(await subgraphThat(ok), {}, flights);
    const before = exchange('{}', context(), query);
    await subgraph.asked(1);
    await other.exchange('{}', context(), mutation);
    const after = exchange('{}', context(), query);
    await subgraph.asked(2);
    release();
    await Promise.all([before, after]);
  });

  it('do not share with one that has little time left', async () => {
    const subgraph = await subgraphThat(hang, ok);
    const { exchange } = fetchFrom(subgraph, { timeoutMs: 1_000 });
    const first = exchange('{}', context(), query).catch((error: unknown) => error);
    // It is the one that has no answer.
    await subgraph.asked(1);
    let answer: string | undefined;
    while (answer === undefined) {
      const again = exchange('{}', context(), query);
      answer = await Promise.race([again.catch(() => undefined), setTimeout(5, undefined)]);
    }
    expect(answer).toBe('{"data":{"a":1}}');
    expect(await first).toMatchObject({ extensions: { code: 'SUBREQUEST_TIMEOUT' } });
  });

  it('each get an error of their own when it fails', async () => {
    const subgraph = await subgraphThat((response) => void response.writeHead(500).end());
    const { exchange } = fetchFrom(subgraph);
    const errors = await Promise.all(
      [1, 2].map(() => exchange('{}', context(), query).catch((error: unknown) => error)),
    );
    expect(subgraph.requests).toHaveLength(1);
    expect(errors).toMatchObject([failed, failed]);
    expect(errors[0]).not.toBe(errors[1]);
  });
});
