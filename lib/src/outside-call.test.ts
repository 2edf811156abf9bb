import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inContext } from './log.ts';
import { createOutsideCall, OutsideCallError, type OutsideCall } from './outside-call.ts';
import { collectLog } from './testing/log-lines.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A system outside, whose manners a test changes as it goes. */
let behave: Handler;
let hits = 0;
let server: Server;
let baseUrl: string;
const calls: OutsideCall[] = [];

const ok: Handler = (_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"done":true}');
};
const fail: Handler = (_request, response) => {
  response.statusCode = 500;
  response.end('no');
};
const hang: Handler = () => {};
const die: Handler = (request) => request.socket.destroy();

beforeEach(async () => {
  hits = 0;
  behave = ok;
  server = createServer((request, response) => {
    hits += 1;
    behave(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await Promise.all([new Promise((resolve) => server.close(resolve)), ...calls.splice(0).map((call) => call.close())]);
});

function outside(options: Partial<Parameters<typeof createOutsideCall>[0]> = {}) {
  const { log, messages } = collectLog();
  const breaker = { threshold: 3, halfOpenAfterMs: 3_600_000 };
  const call = createOutsideCall({ name: 'bank', baseUrl, timeoutMs: 5000, breaker, log, ...options });
  calls.push(call);
  return { ...call, messages };
}

const post = { method: 'POST', path: '/things', body: { amount: 1 }, idempotencyKey: 'k1' } as const;

async function failureOf(work: Promise<unknown>): Promise<OutsideCallError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OutsideCallError) return error;
  throw new Error(`no OutsideCallError: ${String(error)}`);
}

describe('a call to a system outside', () => {
  it('sends JSON with the key and the request id, below the base path, and gives the answer', async () => {
    const seen: unknown[] = [];
    behave = (request, response) => {
      const { 'idempotency-key': key, 'content-type': type, 'x-request-id': requestId } = request.headers;
      request.setEncoding('utf8').on('data', (body) => seen.push({ url: request.url, key, type, requestId, body }));
      request.on('end', () => ok(request, response));
    };
    const { call } = outside({ baseUrl: `${baseUrl}/v1/` });
    expect(await inContext({ requestId: 'r1' }, () => call(post))).toEqual({ status: 200, body: { done: true } });
    expect(seen).toEqual([
      { url: '/v1/things', key: 'k1', type: 'application/json', requestId: 'r1', body: '{"amount":1}' },
    ]);
  });

  it('takes a 4xx for an answer, however often it comes', async () => {
    behave = (_request, response) => {
      response.statusCode = 402;
      response.end('declined');
    };
    const { call, state } = outside();
    for (let count = 0; count < 5; count++) expect(await call(post)).toEqual({ status: 402, body: 'declined' });
    expect(state()).toBe('closed');
  });

  it('fails with 5xx, of which nobody knows whether it was done', async () => {
    behave = fail;
    const error = await failureOf(outside().call(post));
    expect(error).toMatchObject({ kind: 'status', status: 500, mayBeDone: true });
  });

  it('fails after its time-out, of which nobody knows whether it was done', async () => {
    behave = hang;
    expect(await failureOf(outside({ timeoutMs: 20 }).call(post))).toMatchObject({ kind: 'timeout', mayBeDone: true });
  });

  it('fails when the answer stops half-way within its time-out', async () => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"do');
    };
    expect(await failureOf(outside({ timeoutMs: 50 }).call(post))).toMatchObject({ mayBeDone: true });
  });

  it('fails when the connection dies, of which nobody knows whether it was done', async () => {
    behave = die;
    expect(await failureOf(outside().call(post))).toMatchObject({ kind: 'broken', mayBeDone: true });
  });

  it('fails on an answer that is not the JSON it says', async () => {
    behave = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"do');
    };
    expect(await failureOf(outside().call(post))).toMatchObject({ kind: 'broken' });
  });

  it('fails when nobody listens, and then surely nothing was done', async () => {
    const { call } = outside();
    await new Promise((resolve) => server.close(resolve));
    expect(await failureOf(call(post))).toMatchObject({ kind: 'refused', mayBeDone: false });
  });

  it('is tried again when asked to, with the same key', async () => {
    behave = (request, response) => (hits < 3 ? fail(request, response) : ok(request, response));
    expect(
      await outside({ breaker: { threshold: 9, halfOpenAfterMs: 1 } }).call({ ...post, retries: 2 }),
    ).toMatchObject({
      status: 200,
    });
    expect(hits).toBe(3);
  });

  it('can not be tried again without a key', async () => {
    const request = { method: 'POST', path: '/', retries: 1 } as const;
    await expect(outside().call(request)).rejects.toThrow(TypeError);
    expect(hits).toBe(0);
  });
});

describe('the circuit breaker of a system outside', () => {
  it.each([
    ['5xx', fail],
    ['a dead connection', die],
    ['silence', hang],
  ])('opens after its threshold of %s in a row, and then nothing is sent', async (_name, manners) => {
    behave = manners;
    const { call, state, messages } = outside({ timeoutMs: manners === hang ? 20 : 5000 });
    for (let count = 0; count < 3; count++) await failureOf(call(post));
    expect(state()).toBe('open');
    expect(await failureOf(call(post))).toMatchObject({ kind: 'open', mayBeDone: false });
    expect(hits).toBe(3);
    expect(messages()).toEqual(['circuit breaker opened']);
  });

  it('counts failures in a row only', async () => {
    const { call, state } = outside();
    for (const manners of [fail, fail, ok, fail, fail]) {
      behave = manners;
      await call(post).catch(() => {});
    }
    expect(state()).toBe('closed');
  });

  it('lets one probe through, refuses others meanwhile, and closes when it is answered', async () => {
    behave = fail;
    const { call, state, messages } = outside({ breaker: { threshold: 1, halfOpenAfterMs: 0 } });
    await failureOf(call(post));
    let answerProbe = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      behave = (request, response) => {
        answerProbe = () => ok(request, response);
        resolve();
      };
    });
    const probe = call(post);
    await arrived;
    expect(state()).toBe('half-open');
    expect(await failureOf(call(post))).toMatchObject({ kind: 'open' });
    answerProbe();
    expect(await probe).toMatchObject({ status: 200 });
    expect(state()).toBe('closed');
    expect(messages()).toEqual(['circuit breaker opened', 'circuit breaker closed']);
  });

  it('stays open after a probe that failed, and tells of it once', async () => {
    behave = fail;
    const { call, state, messages } = outside({ breaker: { threshold: 1, halfOpenAfterMs: 0 } });
    for (let count = 0; count < 3; count++) expect(await failureOf(call(post))).toMatchObject({ kind: 'status' });
    expect(state()).toBe('open');
    expect(messages()).toEqual(['circuit breaker opened']);
  });
});
