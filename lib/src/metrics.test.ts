import { createMetrics, textOf, type MetricsSnapshot } from './metrics.ts';
import { startMetricsServer } from './metrics-server.ts';
import { silentLog } from './testing/broker.ts';

/** The lines about one metric, without its help. */
async function linesOf(registry: { metrics(): Promise<string> }, name: string): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name) || line === `# TYPE ${name}`);
}

describe('the metrics of a process', () => {
  it('count what is added to each series', async () => {
    const metrics = createMetrics();
    const calls = metrics.counter('calls_total', 'Calls.', ['to', 'outcome']);
    const ok = calls.of('bank', 'ok');
    ok.value += 1;
    ok.value += 1;
    calls.of('bank', 'failed').value += 1;
    expect(calls.of('bank', 'ok')).toBe(ok);
    expect(await linesOf(metrics.registry, 'calls_total')).toEqual([
      'calls_total{to="bank",outcome="ok"} 2',
      'calls_total{to="bank",outcome="failed"} 1',
    ]);
  });

  it('tell of durations how many were below each bound', async () => {
    const metrics = createMetrics();
    const calls = metrics.histogram('call_seconds', 'Calls.', ['to'], [0.01, 0.1]);
    const bank = calls.of('bank');
    for (const seconds of [0, 0.01, 0.05, 3]) bank.observe(seconds);
    expect(await linesOf(metrics.registry, 'call_seconds')).toEqual([
      'call_seconds_bucket{to="bank",le="0.01"} 2',
      'call_seconds_bucket{to="bank",le="0.1"} 3',
      'call_seconds_bucket{to="bank",le="+Inf"} 4',
      'call_seconds_sum{to="bank"} 3.06',
      'call_seconds_count{to="bank"} 4',
    ]);
  });

  it('read what others keep at the moment they are asked', async () => {
    const metrics = createMetrics();
    let open = 3;
    metrics.gauge('open', 'Open.', [], 'sum', () => [[open]]);
    metrics.gauge('lag', 'Lag.', ['of'], 'max', () => Promise.resolve([[7, 'outbox']]));
    metrics.counted('hits_total', 'Hits.', ['cache'], () => [[5, 'plans']]);
    expect(await linesOf(metrics.registry, 'open')).toEqual(['open 3']);
    open = 4;
    expect(await linesOf(metrics.registry, 'open')).toEqual(['open 4']);
    expect(await linesOf(metrics.registry, 'lag')).toEqual(['lag{of="outbox"} 7']);
    expect(await linesOf(metrics.registry, 'hits_total')).toEqual(['hits_total{cache="plans"} 5']);
  });

  it('leave out what can not be read', async () => {
    const metrics = createMetrics();
    metrics.gauge('lag', 'Lag.', [], 'max', () => Promise.reject(new Error('away')));
    metrics.counter('calls_total', 'Calls.').of().value += 1;
    expect(await linesOf(metrics.registry, 'lag')).toEqual([]);
    expect(await linesOf(metrics.registry, 'calls_total')).toEqual(['calls_total 1']);
  });

  it('tell of the process itself', async () => {
    const text = await createMetrics().registry.metrics();
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} `, 'm'));
    }
  });

  it('of several processes are put together', async () => {
    const all = await Promise.all(
      [1, 2].map(async (each) => {
        const metrics = createMetrics();
        metrics.counter('calls_total', 'Calls.', ['to']).of('bank').value += each;
        metrics
          .histogram('call_seconds', 'Calls.', [], [0.01])
          .of()
          .observe(each / 150);
        metrics.gauge('open', 'Open.', [], 'sum', () => [[each]]);
        metrics.gauge('breaker', 'Breaker.', [], 'max', () => [[each]]);
        return JSON.parse(JSON.stringify(await metrics.registry.getMetricsAsJSON())) as MetricsSnapshot;
      }),
    );
    const together = { metrics: () => textOf(all) };
    expect(await linesOf(together, 'calls_total')).toEqual(['calls_total{to="bank"} 3']);
    expect(await linesOf(together, 'call_seconds')).toEqual([
      'call_seconds_bucket{le="0.01"} 1',
      'call_seconds_bucket{le="+Inf"} 2',
      'call_seconds_sum 0.02',
      'call_seconds_count 2',
    ]);
    expect(await linesOf(together, 'open')).toEqual(['open 3']);
    expect(await linesOf(together, 'breaker')).toEqual(['breaker 2']);
  });
});

describe('the server of metrics', () => {
  it('answers GET /metrics and nothing else', async () => {
    const { registry } = createMetrics();
    const read = async () => ({ contentType: registry.contentType, text: await registry.metrics() });
    const server = await startMetricsServer({ port: 0, host: '127.0.0.1', read, log: silentLog });
    const answer = await fetch(server.url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, registry.contentType]);
    expect(await answer.text()).toContain('process_resident_memory_bytes');
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404);
    await expect(
      startMetricsServer({ port: Number(new URL(server.url).port), host: '127.0.0.1', read, log: silentLog }),
    ).rejects.toThrow(/^Metrics can't be offered on port \d+ of 127\.0\.0\.1: it is taken by another program\.$/);
    await server.close();
  });

  it('answers 500 when they can not be read, and goes on', async () => {
    const read = () => Promise.reject(new Error('no'));
    const server = await startMetricsServer({ port: 0, host: '127.0.0.1', read, log: silentLog });
    expect((await fetch(server.url)).status).toBe(500);
    expect((await fetch(server.url)).status).toBe(500);
    await server.close();
  });
});
