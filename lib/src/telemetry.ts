/*
 * What the services know of tracing: spans that hand their context on as text, the way it travels in headers, in messages and
 * in the outbox. Nothing here follows calls by itself, so a process that does not trace pays a look at `undefined`.
 */

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** One step of a trace, from `start` to `end`. */
export interface Span {
  /** The W3C trace context of what this step causes. */
  readonly traceparent: string;
  /** Adds what was not known at the start. */
  set(name: string, value: string | number | boolean): void;
  /** @param failure why it failed; without one it did not */
  end(failure?: string): void;
}

/** Where there is no tracer, nothing is traced; contexts that come along are passed on as they are. */
export interface Tracer {
  /**
   * Begins a step.
   *
   * @param name of few values: what differs from one to the next is an attribute
   * @param parent the W3C trace context of what caused it; without one, or with one that makes no sense, a trace begins here
   */
  start(name: string, kind: SpanKind, parent: string | undefined, attributes?: SpanAttributes): Span;
}

/** The tracing of one process. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends what is still here, within about two seconds. */
  stop(): Promise<void>;
}

/** Which traces are kept; names of OpenTelemetry's specification. */
export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof samplers)[number];

/** Version `ff` and ids of zeros are not valid. */
const traceparentForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What came from outside when it has the form of a W3C trace context, else undefined. */
export function traceparentIn(given: unknown): string | undefined {
  return typeof given === 'string' && traceparentForm.test(given) ? given : undefined;
}

/** The trace that a context belongs to, as it stands in logs: 32 hexadecimal digits. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** Where a receiver of OTLP over HTTP takes spans. @param endpoint its base, as in OTEL_EXPORTER_OTLP_ENDPOINT */
export function tracesUrl(endpoint: string): string {
  return `${endpoint.replace(/\/$/, '')}/v1/traces`;
}
