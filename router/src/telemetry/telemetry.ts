import type { Logger } from '@cafe-for-me/lib/log';
import type { Metrics, MetricsSnapshot } from '@cafe-for-me/lib/metrics';
import { tracesUrl, type Span, type Telemetry as Tracing } from '@cafe-for-me/lib/telemetry';
import type { MetricsServer } from '@cafe-for-me/lib/metrics-server';
import { createCachesCounts, type CachesCounts } from './cache-counts.ts';
import { StartRefused } from '../refusal.ts';
import type { Siblings } from '../process/siblings.ts';
import { observeFetches, type FetchesTelemetry } from './telemetry-fetches.ts';
import { observeLive, type LiveTelemetry } from './telemetry-live.ts';
import { observeRequests, type RequestsTelemetry } from './telemetry-requests.ts';
import type { TelemetrySettings } from './telemetry-settings.ts';
import { observeTransports, type TransportTelemetry } from './telemetry-transports.ts';

/**
 * What the router notes about its work, for metrics and traces. Where both are off there is none of it, and the hot path asks
 * for it in vain: that is all it costs.
 */
export interface Telemetry {
  readonly requests: RequestsTelemetry;
  /** @param subgraph its name */
  fetches(subgraph: string): FetchesTelemetry;
  /** An operation begins to be planned. @returns to be called when it is, or can't be */
  planning(traceparent: string | undefined): (failure?: string) => void;
  readonly caches: CachesCounts;
  /** Of connections that stay open; undefined when metrics are off. */
  readonly transports: TransportTelemetry | undefined;
  /** Of subscriptions; undefined when metrics are off. */
  readonly live: LiveTelemetry | undefined;
  /** @param read how many are open at this moment */
  showSockets(read: () => number): void;
  /** For whoever offers them; undefined when metrics are off. */
  readonly metrics: Metrics | undefined;
  /** Sends the spans that are still here. */
  stop(): Promise<void>;
}

/** Begins what the settings want; neither library is loaded for what is off. */
export async function startTelemetry(settings: TelemetrySettings, log: Logger): Promise<Telemetry | undefined> {
  const metrics = settings.metrics.port === null ? undefined : await loadMetrics();
  const tracing = await startTraces(settings.traces, log);
  if (metrics === undefined && tracing === undefined) return undefined;
  return createTelemetry({ metrics, tracing, operations: settings.metrics.operations });
}

export function createTelemetry(parts: {
  metrics: Metrics | undefined;
  tracing: Tracing | undefined;
  /** Names of operations that metrics tell apart. */
  operations: readonly string[];
}): Telemetry {
  const { metrics, tracing, operations } = parts;
  const tracer = tracing?.tracer;
  const caches = createCachesCounts();
  if (metrics !== undefined) showCaches(metrics, caches);
  const planned = metrics?.histogram('router_planning_duration_seconds', 'Planning an operation that is new.').of();

  return {
    requests: observeRequests(metrics, tracer, operations),
    fetches: observeFetches(metrics, tracer),
    planning(traceparent) {
      const span: Span | undefined = tracer?.start('plan', 'internal', traceparent);
      const began = performance.now();
      return function plannedOrNot(failure) {
        planned?.observe((performance.now() - began) / 1_000);
        span?.end(failure);
      };
    },
    caches,
    transports: metrics && observeTransports(metrics),
    live: metrics && observeLive(metrics),
    showSockets(read) {
      metrics?.gauge('router_sockets', 'Open WebSockets of clients.', [], 'sum', () => [[read()]]);
    },
    metrics,
    async stop() {
      await tracing?.stop();
    },
  };
}

/**
 * Answers GET /metrics when the settings want it. Processes that serve together share the port, and whichever is asked tells of
 * all of them.
 *
 * @throws StartRefused when it can't listen there
 */
export async function offerMetrics(
  telemetry: Telemetry | undefined,
  { port, host }: TelemetrySettings['metrics'],
  siblings: Siblings,
  log: Logger,
): Promise<MetricsServer | undefined> {
  const registry = telemetry?.metrics?.registry;
  if (registry === undefined || port === null) return undefined;
  const { startMetricsServer } = await import('@cafe-for-me/lib/metrics-server');
  const { textOf } = await import('@cafe-for-me/lib/metrics');
  siblings.answer(topic, () => registry.getMetricsAsJSON());
  const read = async () => ({
    contentType: registry.contentType,
    text: await textOf((await siblings.ask(topic)) as readonly MetricsSnapshot[]),
  });
  try {
    const server = await startMetricsServer({ port, host, read, log });
    log.info({ url: server.url }, 'metrics are offered');
    return server;
  } catch (error) {
    throw new StartRefused((error as Error).message);
  }
}

/** Under which processes ask each other for their metrics. */
const topic = 'metrics';

async function loadMetrics(): Promise<Metrics> {
  const { createMetrics } = await import('@cafe-for-me/lib/metrics');
  return createMetrics();
}

async function startTraces(settings: TelemetrySettings['traces'], log: Logger): Promise<Tracing | undefined> {
  const { endpoint, ...traces } = settings;
  if (endpoint === null) return undefined;
  const { startTracing } = await import('@cafe-for-me/lib/tracing');
  return startTracing({ url: tracesUrl(endpoint), ...traces, log });
}

function showCaches(metrics: Metrics, caches: CachesCounts): void {
  const all = Object.entries(caches) as [string, CachesCounts[keyof CachesCounts]][];
  metrics.gauge('router_cache_entries', 'Entries of a cache.', ['cache'], 'sum', () =>
    all.map(([name, { entries }]) => [entries(), name]),
  );
  metrics.counted('router_cache_hits_total', 'Look-ups that found something.', ['cache'], () =>
    all.map(([name, { hits }]) => [hits, name]),
  );
  metrics.counted('router_cache_misses_total', 'Look-ups that found nothing.', ['cache'], () =>
    all.map(([name, { misses }]) => [misses, name]),
  );
}
