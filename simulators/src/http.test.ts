import { request } from 'node:http';
import { z } from 'zod';
import { checked, createSimulator, ok, SILENCE } from './http.ts';

const { url, stop } = await createSimulator({
  'POST /things': ({ body }) => ok(checked(z.object({ name: z.string(), size: z.object({ width: z.int() }) }), body)),
  'GET /things/:key': ({ key, query }) => ok({ key, color: query.get('color') }),
  'GET /broken': () => {
    throw new TypeError('something is undefined');
  },
}).start(0);
afterAll(stop);

const json = { 'content-type': 'application/json' };
const post = (body: string, headers: Record<string, string> = json) =>
  fetch(`${url}/things`, { method: 'POST', body, headers });

describe('A simulator over HTTP', () => {
  it('answers a route with JSON', async () => {
    const answer = await post('{"name":"cup","size":{"width":3}}');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect([answer.status, await answer.json()]).toEqual([200, { name: 'cup', size: { width: 3 } }]);
  });

  it('takes the last part of the path as a key, and the query', async () => {
    const answer = await fetch(`${url}/things/order:1%2Fcharge?color=red`);
    expect(await answer.json()).toEqual({ key: 'order:1/charge', color: 'red' });
  });

  it('names the field that is at fault', async () => {
    const answer = await post('{"name":"cup","size":{"width":"3"}}');
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: expect.stringMatching(/^size\.width: .*expected number/) as unknown, field: 'size.width' },
    ]);
  });

  it.each([
    ['no JSON', '{"name":'],
    ['nothing', ''],
    ['a list', '[]'],
  ])('refuses a body that is %s with 400', async (_, body) => {
    const answer = await post(body);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ field: 'body' })]);
  });

  it('refuses a body that is too large with 413', async () => {
    const answer = await post(JSON.stringify({ name: 'x'.repeat(1_100_000) }));
    expect(answer.status).toBe(413);
  });

  it('refuses what pages of other sites send, and what is not sent as JSON', async () => {
    const cup = '{"name":"cup","size":{"width":3}}';
    for (const foreign of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect((await post(cup, { ...json, ...(foreign as Record<string, string>) })).status).toBe(403);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      expect((await post(cup, { 'content-type': type })).status).toBe(415);
    }
    expect((await post(cup, { 'content-type': 'application/json; charset=utf-8', origin: url })).status).toBe(200);
  });

  it('says which paths there are when one is unknown', async () => {
    for (const path of ['/', '/thing', '/things/', '/things/1/2']) {
      const answer = await fetch(`${url}${path}`);
      const { error } = (await answer.json()) as { error: string };
      expect([path, answer.status, error]).toEqual([path, 404, expect.stringContaining('POST /things')]);
    }
    const wrongMethod = await fetch(`${url}/things`, { method: 'DELETE' });
    expect(wrongMethod.status).toBe(404);
  });

  it('answers 500 when a route has a bug, and goes on', async () => {
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('is alive and ready', async () => {
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready', checks: {} });
  });
});

describe('Stopping a simulator', () => {
  it('lets the call at work finish and cuts the one that gets no answer', async () => {
    let finish = (): void => undefined;
    const atWork = new Promise<void>((resolve) => (finish = resolve));
    let arrived = (): void => undefined;
    const bothArrived = new Promise<void>((resolve) => {
      let calls = 0;
      arrived = () => (++calls === 2 ? resolve() : undefined);
    });
    const server = await createSimulator({
      'GET /slow': async () => {
        arrived();
        await atWork;
        return ok({ done: true });
      },
      'GET /silent': () => {
        arrived();
        return SILENCE;
      },
    }).start(0);
    const slow = fetch(`${server.url}/slow`);
    const silent = new Promise<string>((resolve) => {
      request(`${server.url}/silent`, () => resolve('answered'))
        .once('error', () => resolve('cut'))
        .end();
    });
    await bothArrived;
    const stopped = server.stop();
    expect(await silent).toBe('cut');
    finish();
    expect(await (await slow).json()).toEqual({ done: true });
    await stopped;
    await expect(fetch(`${server.url}/slow`)).rejects.toThrow();
  });
});
