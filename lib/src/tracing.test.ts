import { z } from 'zod';
import { currentContext, inContext } from './log.ts';
import { startTelemetry, telemetryConfig, type ServiceTelemetry } from './telemetry-config.ts';
import { traceIdOf, traceparentIn, type Tracer } from './telemetry.ts';
import { collectLog } from './testing/log-lines.ts';
import { startSpanReceiver, type SpanReceiver } from './testing/otlp.ts';
import { until } from './testing/until.ts';

const sampledParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const unsampledParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

let receiver: SpanReceiver;
const started: ServiceTelemetry[] = [];
beforeEach(async () => {
  receiver = await startSpanReceiver();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((telemetry) => telemetry.stop()));
  await receiver.close();
});

function configOf(env: Record<string, string>) {
  return { ...z.object(telemetryConfig).parse(env), HOST: '127.0.0.1' };
}

async function begin(env: Record<string, string> = {}, log = collectLog().log): Promise<Tracer> {
  const config = configOf({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '1', ...env });
  const telemetry = await startTelemetry('shop', config, log);
  started.push(telemetry);
  return telemetry.tracer!;
}

describe('a process that traces', () => {
  it('sends what it did to the receiver, each step under the one that caused it', async () => {
    const tracer = await begin();
    const outer = tracer.start('outer', 'server', sampledParent, { size: 3 });
    const inner = tracer.start('inner', 'client', outer.traceparent);
    inner.set('tries', 2);
    inner.end('timeout');
    outer.end();
    await until(() => receiver.spans.length === 2);
    const [first, second] = receiver.spans;
    expect(second).toMatchObject({
      service: 'shop',
      name: 'outer',
      kind: 2,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
      attributes: { size: 3 },
      status: { code: 0 },
    });
    expect(outer.traceparent).toBe(`00-${second?.traceId}-${second?.spanId}-01`);
    expect(first).toMatchObject({
      name: 'inner',
      kind: 3,
      traceId: second?.traceId,
      parentSpanId: second?.spanId,
      attributes: { tries: 2, 'error.type': 'timeout' },
      status: { code: 2, message: 'timeout' },
    });
  });

  it('begins a trace where none comes along, or none that makes sense', async () => {
    const tracer = await begin();
    const nonsense = [
      undefined,
      '',
      '00-xyz',
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `ff${sampledParent.slice(2)}`,
    ];
    const spans = nonsense.map((parent) => tracer.start('step', 'internal', parent));
    expect(new Set(spans.map(({ traceparent }) => traceIdOf(traceparent))).size).toBe(nonsense.length);
    for (const { traceparent } of spans) expect(traceparentIn(traceparent)).toBe(traceparent);
  });

  it('leaves out what the caller left out, and passes that on', async () => {
    const tracer = await begin();
    const span = tracer.start('step', 'server', unsampledParent);
    span.set('size', 1);
    span.end();
    expect(span.traceparent).toBe(unsampledParent);
    tracer.start('last', 'internal', undefined).end();
    await until(() => receiver.spans.length > 0);
    expect(receiver.spans.map(({ name }) => name)).toEqual(['last']);
  });

  it('keeps the share of traces that it is told to', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
    const tracer = await begin(env);
    expect(tracer.start('root', 'server', undefined).traceparent).toMatch(/-00$/);
    expect(tracer.start('child', 'server', sampledParent).traceparent).toMatch(/-01$/);
    const heedless = await begin({ OTEL_TRACES_SAMPLER: 'always_on' });
    expect(heedless.start('child', 'server', unsampledParent).traceparent).toMatch(/-01$/);
  });

  it('takes its name from the environment, and sends what is left when it stops', async () => {
    const tracer = await begin({ OTEL_SERVICE_NAME: 'shop-north', OTEL_BSP_SCHEDULE_DELAY: '60000' });
    tracer.start('step', 'internal', undefined).end();
    await started[0]?.stop();
    expect(receiver.spans).toMatchObject([{ service: 'shop-north', name: 'step' }]);
  });

  it('says once that spans can not be sent, and that they can again', async () => {
    const { log, messages } = collectLog();
    const tracer = await begin({}, log);
    receiver.refuse(true);
    for (const told of [1, 1, 2]) {
      if (told === 2) receiver.refuse(false);
      tracer.start('step', 'internal', undefined).end();
      await until(() => messages().length === told);
    }
    expect(messages()).toEqual(['spans cannot be sent, they are dropped', 'spans are sent again']);
  });
});

describe('a process without settings for telemetry', () => {
  it('neither traces nor counts', async () => {
    const { log } = collectLog();
    const telemetry = await startTelemetry('shop', configOf({}), log);
    expect([telemetry.tracer, telemetry.metrics]).toEqual([undefined, undefined]);
    await telemetry.stop();
  });
});

describe('a process with a port for its metrics', () => {
  it('offers them there until it stops', async () => {
    const { log, lines } = collectLog();
    const telemetry = await startTelemetry('shop', configOf({ METRICS_PORT: '0' }), log);
    telemetry.metrics?.counter('sold_total', 'Sold.').of();
    const url = String(lines[0]?.['url']);
    expect(await (await fetch(url)).text()).toContain('sold_total 0');
    await telemetry.stop();
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('the lines of a piece of work that belongs to a trace', () => {
  it('carry the trace’s id', () => {
    const { log, lines } = collectLog();
    inContext({ requestId: 'r-1', traceparent: sampledParent }, () => {
      log.info('inside');
      expect(currentContext()).toEqual({ requestId: 'r-1', traceparent: sampledParent });
    });
    expect(lines[0]).toMatchObject({ requestId: 'r-1', traceId: '0af7651916cd43dd8448eb211c80319c' });
    expect(lines[0]).not.toHaveProperty('traceparent');
  });
});
