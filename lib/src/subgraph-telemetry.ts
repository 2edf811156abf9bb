import type { Metrics } from './metrics.ts';
import type { Tracer } from './telemetry.ts';

/** One operation that came over HTTP. */
export interface ObservedOperation {
  /** The trace context of its work. */
  readonly traceparent: string | undefined;
  ended(status: number): void;
}

/** @returns undefined when nobody wants to know */
export function observeOperations(
  tracer: Tracer | undefined,
  metrics: Metrics | undefined,
): ((requestId: string, parent: string | undefined) => ObservedOperation) | undefined {
  if (tracer === undefined && metrics === undefined) return undefined;
  const durations = metrics?.histogram(
    'subgraph_request_duration_seconds',
    'Operations that came over HTTP, by the status of their answer.',
    ['status'],
  );
  return function began(requestId, parent) {
    const since = performance.now();
    const span = tracer?.start('POST /graphql', 'server', parent, {
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'request.id': requestId,
    });
    return {
      traceparent: span?.traceparent ?? parent,
      ended(status) {
        durations?.of(String(status)).observe((performance.now() - since) / 1_000);
        span?.set('http.response.status_code', status);
        span?.end(status >= 500 ? String(status) : undefined);
      },
    };
  };
}
