import { formatted } from '@cafe-for-me/lib/errors';
import type { Count, Metrics, Timing } from '@cafe-for-me/lib/metrics';
import type { Span, Tracer } from '@cafe-for-me/lib/telemetry';
import {
  GraphQLError,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';

export type Transport = 'http' | 'ws';
type OperationType = `${OperationTypeNode}` | 'unknown';

/** One operation of a client while it is answered. Each method is called at most once, `ended` always. */
export interface ObservedRequest {
  /** The trace context of what it causes. */
  readonly traceparent: string | undefined;
  /** It is known what it asks for. Without this it ended before that. */
  operation(operation: OperationDefinitionNode): void;
  /** Its answer tells of errors. Only the first call counts. */
  failed(errors: readonly unknown[]): void;
  ended(): void;
}

export interface RequestsTelemetry {
  /** @param requestId stands in the span; @param traceparent the client's own trace context */
  began(transport: Transport, requestId: string, traceparent: string | undefined): ObservedRequest;
}

/** The series of requests that differ in nothing but their outcome. */
interface Series {
  readonly duration: Timing;
  readonly ok: Count;
  failed(code: string): Count;
}

/** What a client's request asks of metrics is an index, two additions and two looks at the clock. */
export function observeRequests(
  metrics: Metrics | undefined,
  tracer: Tracer | undefined,
  listedOperations: readonly string[],
): RequestsTelemetry {
  const seriesOf = metrics && createSeries(metrics, listedOperations);
  return {
    began(transport, requestId, traceparent) {
      const span = tracer?.start(spanNames[transport], 'server', traceparent, { 'request.id': requestId });
      return new Observed(transport, seriesOf, span, traceparent);
    },
  };
}

const spanNames = { http: 'POST /graphql', ws: 'graphql operation' };

type SeriesOf = (transport: Transport, type: OperationType, name: string | undefined) => Series;

class Observed implements ObservedRequest {
  readonly traceparent: string | undefined;
  readonly #transport: Transport;
  readonly #seriesOf: SeriesOf | undefined;
  readonly #span: Span | undefined;
  readonly #began = performance.now();
  #type: OperationType = 'unknown';
  #name: string | undefined;
  #code: string | undefined;

  constructor(
    transport: Transport,
    seriesOf: SeriesOf | undefined,
    span: Span | undefined,
    traceparent: string | undefined,
  ) {
    this.#transport = transport;
    this.#seriesOf = seriesOf;
    this.#span = span;
    this.traceparent = span === undefined ? traceparent : span.traceparent;
  }

  operation({ operation, name }: OperationDefinitionNode): void {
    this.#type = operation;
    this.#name = name?.value;
  }

  failed(errors: readonly unknown[]): void {
    if (errors.length > 0) this.#code ??= codeOf(errors[0]);
  }

  ended(): void {
    if (this.#seriesOf !== undefined) {
      const series = this.#seriesOf(this.#transport, this.#type, this.#name);
      series.duration.observe((performance.now() - this.#began) / 1_000);
      (this.#code === undefined ? series.ok : series.failed(this.#code)).value += 1;
    }
    if (this.#span !== undefined) {
      this.#span.set('graphql.operation.type', this.#type);
      if (this.#name !== undefined) this.#span.set('graphql.operation.name', this.#name);
      this.#span.end(this.#code);
    }
  }
}

function createSeries(metrics: Metrics, listedOperations: readonly string[]): SeriesOf {
  const labels = ['transport', 'type', 'operation'];
  const requests = metrics.counter(
    'router_requests_total',
    'Operations of clients, by the code of their first error; OK without one.',
    [...labels, 'code'],
  );
  const durations = metrics.histogram('router_request_duration_seconds', 'From a request to its answer.', labels);
  const codes = createBoundedCodes();

  function make(transport: Transport, type: OperationType, operation: string): Series {
    const failed = new Map<string, Count>();
    return {
      duration: durations.of(transport, type, operation),
      ok: requests.of(transport, type, operation, 'OK'),
      failed(given) {
        let count = failed.get(given);
        if (count === undefined) {
          count = requests.of(transport, type, operation, codes(given));
          failed.set(codes(given), count);
        }
        return count;
      },
    };
  }
  const forOperation = (operation: string) => ({ http: byType('http', operation), ws: byType('ws', operation) });
  // Each is made when it is first wanted: a scrape should not tell of operations that never came.
  const byType = (transport: Transport, operation: string) => {
    const made: Partial<Record<OperationType, Series>> = {};
    return (type: OperationType) => (made[type] ??= make(transport, type, operation));
  };
  const other = forOperation('');
  if (listedOperations.length === 0) return (transport, type) => other[transport](type);
  const listed = new Map(listedOperations.map((name) => [name, forOperation(name)]));
  return (transport, type, name) => ((name !== undefined && listed.get(name)) || other)[transport](type);
}

/** Codes that subgraphs may give a meaning to; all that they make up besides counts as one. */
const subgraphCodes = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'INTERNAL_SERVER_ERROR',
  'SUBREQUEST_FAILED',
  'SUBREQUEST_TIMEOUT',
]);

function codeOf(error: unknown): string {
  // An error without a code of its own may still be about the variables.
  const { extensions = {} } = error instanceof GraphQLError ? formatted(error) : (error as GraphQLFormattedError);
  const { code, serviceName } = extensions;
  if (typeof code !== 'string') return 'INTERNAL_SERVER_ERROR';
  return serviceName === undefined || subgraphCodes.has(code) ? code : 'DOWNSTREAM_SERVICE_ERROR';
}

/** The router's own codes are few; were they ever more, a metric must not grow without end. */
const mostCodes = 64;

function createBoundedCodes(): (code: string) => string {
  const known = new Set<string>();
  return function bounded(code) {
    if (known.has(code)) return code;
    if (known.size >= mostCodes || !/^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return 'OTHER';
    known.add(code);
    return code;
  };
}
