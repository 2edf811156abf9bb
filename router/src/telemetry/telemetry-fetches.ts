import type { Count, Metrics } from '@cafe-for-me/lib/metrics';
import type { Span, Tracer } from '@cafe-for-me/lib/telemetry';

/** One fetch from a subgraph, its retries included. */
export interface ObservedFetch {
  /** The trace context that goes to the subgraph. */
  readonly traceparent: string | undefined;
  /** @param outcome `ok`, or why there is no answer, in one of a few words */
  ended(outcome: string, tries: number): void;
}

/** What is noted about the fetches from one subgraph. */
export interface FetchesTelemetry {
  /** @param traceparent the trace context of the request that it is for */
  began(traceparent: string | undefined): ObservedFetch;
  /** A fetch that was under way served another request, too. */
  shared(): void;
  retried(): void;
  breaker(state: 'opened' | 'closed'): void;
}

/** @returns what makes the observer of a subgraph; one that is asked for again goes on with its series */
export function observeFetches(
  metrics: Metrics | undefined,
  tracer: Tracer | undefined,
): (subgraph: string) => FetchesTelemetry {
  const families = metrics && {
    fetches: metrics.counter('router_subgraph_fetches_total', 'Fetches from subgraphs.', ['subgraph', 'outcome']),
    duration: metrics.histogram('router_subgraph_fetch_duration_seconds', 'From sending to the whole answer.', [
      'subgraph',
    ]),
    retries: metrics.counter('router_subgraph_retries_total', 'Fetches that were sent again.', ['subgraph']),
    shared: metrics.counter('router_subgraph_shared_fetches_total', 'Fetches saved: another request made them.', [
      'subgraph',
    ]),
  };
  const openBreakers = new Map<string, 0 | 1>();
  metrics?.gauge(
    'router_subgraph_breaker_open',
    'Whether the circuit breaker keeps fetches back.',
    ['subgraph'],
    'max',
    () => [...openBreakers].map(([subgraph, open]) => [open, subgraph]),
  );

  return function observerOf(subgraph) {
    openBreakers.set(subgraph, 0);
    const name = `fetch ${subgraph}`;
    const attributes = { 'graphql.subgraph.name': subgraph };
    const duration = families?.duration.of(subgraph);
    const retries = families?.retries.of(subgraph);
    const shared = families?.shared.of(subgraph);
    const outcomes = new Map<string, Count>();

    function countOf(outcome: string): Count | undefined {
      let count = outcomes.get(outcome);
      if (count === undefined && families !== undefined) {
        count = families.fetches.of(subgraph, outcome);
        outcomes.set(outcome, count);
      }
      return count;
    }

    class Observed implements ObservedFetch {
      readonly traceparent: string | undefined;
      readonly #span: Span | undefined;
      readonly #began = performance.now();

      constructor(parent: string | undefined) {
        this.#span = tracer?.start(name, 'client', parent, attributes);
        this.traceparent = this.#span === undefined ? parent : this.#span.traceparent;
      }

      ended(outcome: string, tries: number): void {
        const count = countOf(outcome);
        if (count !== undefined) count.value += 1;
        duration?.observe((performance.now() - this.#began) / 1_000);
        if (this.#span !== undefined) endSpan(this.#span, outcome, tries);
      }
    }

    return {
      began: (parent) => new Observed(parent),
      shared() {
        if (shared !== undefined) shared.value += 1;
      },
      retried() {
        if (retries !== undefined) retries.value += 1;
      },
      breaker(state) {
        openBreakers.set(subgraph, state === 'opened' ? 1 : 0);
      },
    };
  };
}

function endSpan(span: Span, outcome: string, tries: number): void {
  if (tries > 1) span.set('http.request.resend_count', tries - 1);
  span.end(outcome === 'ok' ? undefined : outcome);
}
