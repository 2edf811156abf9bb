import { silentLog } from '@cafe-for-me/lib/testing/broker';
import { startSpanReceiver, type SentSpan, type SpanReceiver } from '@cafe-for-me/lib/testing/otlp';
import { until } from '@cafe-for-me/lib/testing/until';
import { defaultSettings } from './config/settings.ts';
import { createSiblings } from './process/siblings.ts';
import { offerMetrics, startTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { telemetrySettings } from './telemetry/telemetry-settings.ts';
import { openRawSocket } from './testing/raw-socket.ts';
import { openStream, readEvents } from './testing/read-stream.ts';
import { startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

const clients = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const traceId = '0af7651916cd43dd8448eb211c80319c';

let receiver: SpanReceiver;
let subgraphs: TestSubgraphs;
let telemetry: Telemetry | undefined;
let router: TestRouter;
/** A test had the router stop. */
let stopped: Promise<void> | undefined;
beforeEach(async () => {
  stopped = undefined;
  receiver = await startSpanReceiver();
  subgraphs = await startSubgraphs();
  const settings = telemetrySettings.parse({
    metrics: { port: 0, operations: ['Mine'] },
    traces: { endpoint: receiver.url, gatherMs: 1 },
  });
  telemetry = await startTelemetry(settings, silentLog);
  const limited = { ...defaultSettings, limits: { ...defaultSettings.limits, depth: 4, bodyBytes: 5_000 } };
  router = await startRouter(subgraphs.sdl, { telemetry, settings: limited });
});
afterEach(async () => {
  await (stopped ?? router.stop());
  await telemetry?.stop();
  await subgraphs.stop();
  await receiver.close();
});

/** The value of a series, undefined where there is none. */
async function valueOf(series: string): Promise<number | undefined> {
  const text = await telemetry!.metrics!.registry.metrics();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const requests = (transport: string, type: string, code: string, operation = '') =>
  valueOf(`router_requests_total{transport="${transport}",type="${type}",operation="${operation}",code="${code}"}`);

async function spansOf(count: number): Promise<readonly SentSpan[]> {
  await until(() => receiver.spans.length >= count);
  return receiver.spans;
}

describe('a router that keeps metrics', () => {
  it('counts operations over HTTP and over sockets, whatever comes of them', async () => {
    const socket = router.socket();
    const overSocket = async (query: string) => {
      try {
        for await (const _ of socket.iterate({ query })) break;
      } catch {
        // What is refused ends so.
      }
    };
    for (const query of [
      'query Mine { me { name } }',
      '{ me { name } }',
      '{ me { name } }',
      'mutation { append(text: "x") }',
    ]) {
      await router.post(query);
      await overSocket(query);
    }
    for (const query of ['{', '{ nothing }', '{ broken }', '{ users { reviews { author { reviews { id } } } } }']) {
      await router.post(query);
      await overSocket(query);
    }
    for (const transport of ['http', 'ws']) {
      expect(await requests(transport, 'query', 'OK', 'Mine')).toBe(1);
      expect(await requests(transport, 'query', 'OK')).toBe(2);
      expect(await requests(transport, 'mutation', 'OK')).toBe(1);
      expect(await requests(transport, 'unknown', 'GRAPHQL_PARSE_FAILED')).toBe(1);
      expect(await requests(transport, 'unknown', 'GRAPHQL_VALIDATION_FAILED')).toBe(1);
      expect(await requests(transport, 'unknown', 'OPERATION_DEPTH_EXCEEDED')).toBe(1);
      expect(await requests(transport, 'query', 'DOWNSTREAM_SERVICE_ERROR')).toBe(1);
    }
    expect(await valueOf('router_cache_hits_total{cache="operations"}')).toBeGreaterThanOrEqual(4);
    expect(await valueOf('router_cache_entries{cache="plans"}')).toBe(4);
    expect(await valueOf('router_planning_duration_seconds_count')).toBe(4);
  });

  it('counts what was refused before anybody looked at the operation', async () => {
    await router.post('{ me { name } }', { variables: { x: 'x'.repeat(6_000) } });
    await fetch(router.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' });
    await fetch(router.url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect(await requests('http', 'unknown', 'REQUEST_TOO_LARGE')).toBe(1);
    expect(await requests('http', 'unknown', 'BAD_REQUEST')).toBe(2);
  });

  it('tells of fetches, and of a subgraph that fails', async () => {
    await router.post('{ me { name reviews { text } } }');
    subgraphs.reviews.mode = 'html';
    await router.post('{ me { name reviews { text } } }');
    expect(await valueOf('router_subgraph_fetches_total{subgraph="people",outcome="ok"}')).toBe(2);
    expect(await valueOf('router_subgraph_fetches_total{subgraph="reviews",outcome="ok"}')).toBe(1);
    expect(await valueOf('router_subgraph_fetches_total{subgraph="reviews",outcome="status"}')).toBe(1);
    expect(await valueOf('router_subgraph_fetch_duration_seconds_count{subgraph="people"}')).toBe(2);
    expect(await valueOf('router_subgraph_breaker_open{subgraph="badges"}')).toBe(0);
    expect(await requests('http', 'query', 'SUBREQUEST_FAILED')).toBe(1);
  });

  it('tells of open sockets, running subscriptions and the events they brought', async () => {
    const events = router.socket().iterate({ query: 'subscription { userChanged(id: "1") { version } }' });
    await events.next();
    expect(await requests('ws', 'subscription', 'OK')).toBe(1);
    expect(await valueOf('router_sockets')).toBe(1);
    expect(await valueOf('router_subscriptions{transport="ws"}')).toBe(1);
    expect(await valueOf('router_subscription_events_total')).toBe(1);
    await events.return?.();
    await until(async () => (await valueOf('router_subscriptions{transport="ws"}')) === 0);
  });

  it('tells a deploy and a slow client from a client that went', async () => {
    const ended = (reason: string) => valueOf(`router_subscriptions_ended_total{reason="${reason}"}`);
    const sockets = await Promise.all(Array.from({ length: 3 }, () => openRawSocket(router.url)));
    const [leaving, slow] = sockets;
    for (const socket of sockets) socket.subscribe('1', 'subscription { userChanged(id: "1") { user { name } } }');
    for (const socket of sockets) await socket.next();
    leaving!.socket.close();
    await until(async () => (await ended('client')) === 1);
    slow!.socket.pause();
    const large = { version: 1, user: { id: '1', name: 'x'.repeat(1_000_000) }, friends: [] };
    for (let tries = 0; (await ended('slow')) === undefined && tries < 50; tries += 1) {
      subgraphs.changes.publish(large);
      await sockets[2]!.next();
    }
    slow!.socket.resume();
    const stream = await openStream(router.url, readEvents, {
      headers: { accept: 'text/event-stream' },
      body: { query: 'subscription { userChanged(id: "1") { version } }' },
    });
    await stream.next();
    await until(async () => (await valueOf('router_subscriptions{transport="sse"}')) === 1);
    stopped = router.stop();
    await stopped;
    expect([await ended('client'), await ended('slow'), await ended('restart')]).toEqual([1, 1, 2]);
  });

  it('counts what a subgraph refuses as failed', async () => {
    const socket = await openRawSocket(router.url);
    socket.subscribe('1', 'subscription { refused { version } }');
    expect(await socket.next()).toMatchObject({ id: '1', type: 'error', payload: [{ message: 'not for you' }] });
    expect(await valueOf('router_subscriptions_ended_total{reason="failed"}')).toBe(1);
  });

  it('offers them at an address of their own', async () => {
    await router.post('{ me { name } }');
    const server = await offerMetrics(
      telemetry,
      { port: 0, host: '127.0.0.1', operations: [] },
      createSiblings({ on: () => undefined }),
      silentLog,
    );
    expect(await (await fetch(server!.url)).text()).toContain('router_requests_total{');
    expect((await fetch(router.url.replace('/graphql', '/metrics'))).status).toBe(404);
    await server!.close();
  });
});

describe('a router that traces', () => {
  it('has a span for the operation, its plan and each fetch, whose context the subgraph gets', async () => {
    const { body } = await router.post('query Mine { seen { traceparent } me { reviews { text } } }', {
      headers: { traceparent: clients, 'x-request-id': 'r-7' },
    });
    const spans = await spansOf(4);
    const server = spans.find(({ kind }) => kind === 2);
    const others = spans.filter((span) => span !== server).toSorted((one, other) => (one.name < other.name ? -1 : 1));
    expect(server).toMatchObject({
      service: 'router',
      name: 'POST /graphql',
      traceId,
      parentSpanId: 'b7ad6b7169203331',
      attributes: { 'request.id': 'r-7', 'graphql.operation.type': 'query', 'graphql.operation.name': 'Mine' },
    });
    expect(others.map(({ name }) => name)).toEqual(['fetch people', 'fetch reviews', 'plan']);
    for (const span of others) expect(span).toMatchObject({ traceId, parentSpanId: server?.spanId });
    expect(body.data.seen.traceparent).toBe(`00-${traceId}-${others[0]?.spanId}-01`);
  });

  it('carries the trace to the subgraph of a subscription, and in its fetches for events', async () => {
    const query = 'subscription { userChanged(id: "1") { user { reviews { text } } } }';
    const events = router.socket().iterate({ query, extensions: { traceparent: clients } });
    await events.next();
    await events.return?.();
    const spans = await spansOf(3);
    const server = spans.find(({ kind }) => kind === 2);
    expect(server).toMatchObject({ name: 'graphql operation', traceId, parentSpanId: 'b7ad6b7169203331' });
    expect(subgraphs.people.subscribes.at(-1)?.extensions?.['traceparent']).toBe(`00-${traceId}-${server?.spanId}-01`);
    expect(spans.find(({ name }) => name === 'fetch reviews')).toMatchObject({ traceId, parentSpanId: server?.spanId });
  });

  it('logs the trace’s id beside the request’s', async () => {
    subgraphs.people.mode = 'html';
    await router.post('{ me { name } }', { headers: { traceparent: clients, 'x-request-id': 'r-8' } });
    const line = router.lines
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ level }) => level === 'warn');
    expect(line).toMatchObject({ msg: 'a subgraph did not answer', requestId: 'r-8', traceId });
  });
});
