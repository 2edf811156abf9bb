import {
  ROOT_CONTEXT,
  SpanKind as Kind,
  SpanStatusCode,
  trace,
  type Context,
  type Span as RecordedSpan,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { Logger } from './log.ts';
import { traceparentIn, type SamplerName, type Span, type Telemetry } from './telemetry.ts';

const kinds = {
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
  internal: Kind.INTERNAL,
};

/** How long the last spans may take to be sent. */
const STOP_WITHIN_MS = 2_000;

/** Traces with OpenTelemetry's SDK: a process's own provider, none that is global. */
export function startTracing(options: {
  /** Takes spans by POST, as OTLP's JSON. */
  url: string;
  service: string;
  sampler: SamplerName;
  /** The share of traces that the two ratio samplers keep, 0 to 1. */
  ratio: number;
  /** How long spans are gathered before they are sent, in ms. */
  gatherMs: number;
  log: Logger;
}): Telemetry {
  const { url, service, sampler, ratio, gatherMs, log } = options;
  const exporter = saidOnce(new OTLPTraceExporter({ url }), url, log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: service }),
    sampler: samplerOf(sampler, ratio),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: gatherMs })],
  });
  const spans = provider.getTracer('cafe-for-me');
  const heedsParent = sampler.startsWith('parentbased');

  return {
    tracer: {
      start(name, kind, given, attributes) {
        const parent = traceparentIn(given);
        // Not sampled: nothing is recorded of what it causes, so no id of our own is needed either.
        if (heedsParent && parent !== undefined && !isSampled(parent)) return new PassedSpan(parent);
        const options = { kind: kinds[kind], ...(attributes && { attributes }) };
        return new OwnSpan(spans.startSpan(name, options, contextOf(parent)));
      },
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_WITHIN_MS)));
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

class OwnSpan implements Span {
  readonly traceparent: string;
  readonly #span: RecordedSpan;

  constructor(span: RecordedSpan) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags & 1 ? '01' : '00'}`;
    this.#span = span;
  }

  set(name: string, value: string | number | boolean): void {
    this.#span.setAttribute(name, value);
  }

  end(failure?: string): void {
    if (failure !== undefined) {
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      this.#span.setAttribute(ATTR_ERROR_TYPE, failure);
    }
    this.#span.end();
  }
}

/** Stands for a step that is left out: what it causes is left out, too. */
class PassedSpan implements Span {
  readonly traceparent: string;

  constructor(traceparent: string) {
    this.traceparent = traceparent;
  }

  set(): void {}
  end(): void {}
}

function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(53), 16) & 1) === 1;
}

function contextOf(traceparent: string | undefined): Context {
  if (traceparent === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: isSampled(traceparent) ? 1 : 0,
    isRemote: true,
  });
}

function samplerOf(name: SamplerName, ratio: number): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

/** The SDK drops what it can't send and says nothing: one line says when that begins, one when it is over. */
function saidOnce(exporter: SpanExporter, url: string, log: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, function onSent(result) {
        const failed = result.error !== undefined;
        if (failed && !failing) log.warn({ url, error: result.error }, 'spans cannot be sent, they are dropped');
        if (!failed && failing) log.info({ url }, 'spans are sent again');
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
