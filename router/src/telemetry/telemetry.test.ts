import { createMetrics } from '@cafe-for-me/lib/metrics';
import type { Span, SpanAttributes, Tracer } from '@cafe-for-me/lib/telemetry';
import { silentLog } from '@cafe-for-me/lib/testing/broker';
import { GraphQLError, parse, type OperationDefinitionNode } from 'graphql';
import { createTelemetry, startTelemetry, type Telemetry } from './telemetry.ts';
import { telemetrySettings } from './telemetry-settings.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function operation(text: string): OperationDefinitionNode {
  return parse(text).definitions[0] as OperationDefinitionNode;
}

/** The lines of the metrics that begin so, without what takes time. */
async function linesOf({ metrics }: Telemetry, name: string): Promise<string[]> {
  const text = await metrics!.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name) && !/_sum|_bucket/.test(line));
}

const metered = (operations: readonly string[] = []) =>
  createTelemetry({ metrics: createMetrics(), tracing: undefined, operations });

/** A tracer that remembers what was done, as `name parent attributes failure`. */
function recorded() {
  const ended: { name: string; parent: string | undefined; attributes: SpanAttributes; failure: string | undefined }[] =
    [];
  const tracer: Tracer = {
    start(name, _kind, given, attributes): Span {
      const all: Record<string, string | number | boolean> = { ...attributes };
      return {
        traceparent: parent.replace('b7ad6b7169203331', String(ended.length).padStart(16, '1')),
        set: (key, value) => void (all[key] = value),
        end: (failure) => void ended.push({ name, parent: given, attributes: all, failure }),
      };
    },
  };
  const tracing = { tracer, stop: () => Promise.resolve() };
  return { ended, telemetry: createTelemetry({ metrics: undefined, tracing, operations: [] }) };
}

describe('the metrics of requests', () => {
  it('tell transport, type and outcome', async () => {
    const telemetry = metered();
    for (const transport of ['http', 'http', 'ws'] as const) {
      const observed = telemetry.requests.began(transport, 'r-1', undefined);
      observed.operation(operation('query Mine { a }'));
      observed.ended();
    }
    const failing = telemetry.requests.began('ws', 'r-2', undefined);
    failing.operation(operation('mutation { a }'));
    failing.failed([new GraphQLError('No.', { extensions: { code: 'FORBIDDEN' } }), new GraphQLError('Later.')]);
    failing.ended();
    telemetry.requests.began('http', 'r-3', undefined).ended();
    expect(await linesOf(telemetry, 'router_requests_total')).toEqual([
      'router_requests_total{transport="http",type="query",operation="",code="OK"} 2',
      'router_requests_total{transport="ws",type="query",operation="",code="OK"} 1',
      'router_requests_total{transport="ws",type="mutation",operation="",code="OK"} 0',
      'router_requests_total{transport="ws",type="mutation",operation="",code="FORBIDDEN"} 1',
      'router_requests_total{transport="http",type="unknown",operation="",code="OK"} 1',
    ]);
    expect(await linesOf(telemetry, 'router_request_duration_seconds_count')).toContain(
      'router_request_duration_seconds_count{transport="http",type="query",operation=""} 2',
    );
  });

  it('tell operations apart only where their names are listed', async () => {
    const telemetry = metered(['Mine']);
    for (const text of ['query Mine { a }', 'query Yours { a }', '{ a }']) {
      const observed = telemetry.requests.began('http', 'r-1', undefined);
      observed.operation(operation(text));
      observed.ended();
    }
    expect(await linesOf(telemetry, 'router_requests_total')).toEqual([
      'router_requests_total{transport="http",type="query",operation="Mine",code="OK"} 1',
      'router_requests_total{transport="http",type="query",operation="",code="OK"} 2',
    ]);
  });

  it('have few codes, whatever subgraphs make up', async () => {
    const telemetry = metered();
    const codes = Array.from({ length: 200 }, (_, number) => `CODE_${number}`);
    const errors = [
      ...codes.map((code) => new GraphQLError('Odd.', { extensions: { code, serviceName: 'shop' } })),
      ...codes.map((code) => new GraphQLError('Odd.', { extensions: { code } })),
      new GraphQLError('A bug.'),
      new GraphQLError('Spoilt.', { extensions: { code: 'x"y\n' } }),
    ];
    for (const error of errors) {
      const observed = telemetry.requests.began('http', 'r-1', undefined);
      observed.failed([error]);
      observed.ended();
    }
    const lines = await linesOf(telemetry, 'router_requests_total');
    expect(lines.length).toBeLessThan(70);
    expect(lines).toContain(
      'router_requests_total{transport="http",type="unknown",operation="",code="DOWNSTREAM_SERVICE_ERROR"} 200',
    );
    const total = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(total).toBe(errors.length);
  });
});

describe('the metrics of fetches', () => {
  it('tell of each subgraph what came of them, what was saved, and whether it is left alone', async () => {
    const telemetry = metered();
    const shop = telemetry.fetches('shop');
    telemetry.fetches('bank');
    shop.began(undefined).ended('ok', 1);
    shop.began(undefined).ended('timeout', 2);
    shop.retried();
    shop.shared();
    shop.breaker('opened');
    expect(await linesOf(telemetry, 'router_subgraph')).toEqual([
      'router_subgraph_fetches_total{subgraph="shop",outcome="ok"} 1',
      'router_subgraph_fetches_total{subgraph="shop",outcome="timeout"} 1',
      'router_subgraph_fetch_duration_seconds_count{subgraph="shop"} 2',
      'router_subgraph_fetch_duration_seconds_count{subgraph="bank"} 0',
      'router_subgraph_retries_total{subgraph="shop"} 1',
      'router_subgraph_retries_total{subgraph="bank"} 0',
      'router_subgraph_shared_fetches_total{subgraph="shop"} 1',
      'router_subgraph_shared_fetches_total{subgraph="bank"} 0',
      'router_subgraph_breaker_open{subgraph="shop"} 1',
      'router_subgraph_breaker_open{subgraph="bank"} 0',
    ]);
  });
});

describe('the metrics of caches, plans and subscriptions', () => {
  it('are read from those who keep them', async () => {
    const telemetry = metered();
    const { plans } = telemetry.caches;
    plans.hits += 3;
    plans.misses += 1;
    plans.entries = () => 1;
    telemetry.planning(undefined)();
    telemetry.showSockets(() => 2);
    const { live } = telemetry;
    live!.show({ subscriptions: () => new Map([['sse', 7]]), topics: () => 3, upstreams: () => 4 });
    live!.started('sse');
    live!.sent(5);
    live!.resumed('exact');
    live!.fillingIn()();
    live!.blanked();
    live!.fetchedAgain();
    live!.ended('expired');
    for (const [name, value] of [
      ['router_cache_hits_total{cache="plans"}', 3],
      ['router_cache_misses_total{cache="plans"}', 1],
      ['router_cache_entries{cache="plans"}', 1],
      ['router_planning_duration_seconds_count', 1],
      ['router_subscription_events_total', 5],
      ['router_sockets', 2],
      ['router_subscriptions{transport="sse"}', 7],
      ['router_subscription_topics', 3],
      ['router_upstream_subscriptions', 4],
      ['router_subscriptions_started_total{transport="sse"}', 1],
      ['router_subscriptions_ended_total{reason="expired"}', 1],
      ['router_subscriptions_resumed_total{outcome="exact"}', 1],
      ['router_subscription_executions_total', 1],
      ['router_event_fill_in_duration_seconds_count', 1],
      ['router_events_blanked_total', 1],
      ['router_events_fetched_again_total', 1],
    ]) {
      expect(await linesOf(telemetry, String(name))).toEqual([`${name} ${value}`]);
    }
  });
});

describe('the spans of a request', () => {
  it('are its own under the client’s, its plan’s, and one for each fetch', () => {
    const { telemetry, ended } = recorded();
    const observed = telemetry.requests.began('http', 'r-1', parent);
    const planned = telemetry.planning(observed.traceparent);
    planned();
    const fetch = telemetry.fetches('shop').began(observed.traceparent);
    fetch.ended('timeout', 3);
    observed.operation(operation('query Mine { a }'));
    observed.failed([new GraphQLError('No.', { extensions: { code: 'SUBREQUEST_TIMEOUT' } })]);
    observed.ended();
    expect(observed.traceparent).not.toBe(parent);
    expect(ended).toEqual([
      { name: 'plan', parent: observed.traceparent, attributes: {}, failure: undefined },
      {
        name: 'fetch shop',
        parent: observed.traceparent,
        attributes: { 'graphql.subgraph.name': 'shop', 'http.request.resend_count': 2 },
        failure: 'timeout',
      },
      {
        name: 'POST /graphql',
        parent,
        attributes: { 'request.id': 'r-1', 'graphql.operation.type': 'query', 'graphql.operation.name': 'Mine' },
        failure: 'SUBREQUEST_TIMEOUT',
      },
    ]);
  });
});

describe('a router without settings for telemetry', () => {
  it('notes nothing', async () => {
    expect(await startTelemetry(telemetrySettings.parse({}), silentLog)).toBeUndefined();
  });

  it('passes the client’s trace context on as it is when only metrics are on', async () => {
    const telemetry = await startTelemetry(telemetrySettings.parse({ metrics: { port: 0 } }), silentLog);
    const observed = telemetry!.requests.began('http', 'r-1', parent);
    expect(observed.traceparent).toBe(parent);
    expect(telemetry!.fetches('shop').began(parent).traceparent).toBe(parent);
    expect(telemetry!.metrics).toBeDefined();
    await telemetry!.stop();
  });
});
