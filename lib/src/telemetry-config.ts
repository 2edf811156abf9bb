import { z } from 'zod';
import { httpUrl, port, wholeNumber } from './config.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { samplers, tracesUrl, type Telemetry, type Tracer } from './telemetry.ts';

/**
 * What a service tells of itself: traces, in OpenTelemetry's names, and metrics. To be spread into the schema of its
 * environment.
 */
export const telemetryConfig = {
  METRICS_PORT: port().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
  OTEL_SERVICE_NAME: z.string().describe('the name that spans carry').optional(),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers)
    .describe(`one of ${samplers.join(', ')}`)
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .describe('a share of traces from 0 to 1, e.g. 0.1')
    .default(1),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber('how long spans are gathered before they are sent, in ms', 5000).default(5000),
};

export type TelemetryConfig = z.output<z.ZodObject<typeof telemetryConfig>>;

/** Each is undefined when the environment doesn't ask for it. */
export interface ServiceTelemetry {
  readonly tracer: Tracer | undefined;
  readonly metrics: Metrics | undefined;
  /** Sends what is still here. */
  stop(): Promise<void>;
}

/**
 * Begins to trace when the environment says where spans go: to an OTLP receiver over HTTP, as JSON; headers and certificates for
 * it are OTEL_EXPORTER_OTLP_HEADERS and the like, which the exporter reads by itself. Keeps metrics when it says at which
 * port they are asked for. What is off is not loaded.
 *
 * @param service the name that spans carry unless OTEL_SERVICE_NAME says another
 * @throws Error when it can't listen at METRICS_PORT
 */
export async function startTelemetry(
  service: string,
  config: TelemetryConfig & { readonly HOST: string },
  log: Logger,
): Promise<ServiceTelemetry> {
  const [tracing, metering] = [await startTraces(service, config, log), await startMetrics(config, log)];
  return {
    tracer: tracing?.tracer,
    metrics: metering?.metrics,
    async stop() {
      await Promise.all([tracing?.stop(), metering?.server.close()]);
    },
  };
}

async function startTraces(service: string, config: TelemetryConfig, log: Logger): Promise<Telemetry | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (endpoint === undefined) return undefined;
  const { startTracing } = await import('./tracing.ts');
  return startTracing({
    url: tracesUrl(endpoint),
    service: config.OTEL_SERVICE_NAME ?? service,
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    gatherMs: config.OTEL_BSP_SCHEDULE_DELAY,
    log,
  });
}

async function startMetrics({ METRICS_PORT: port, HOST: host }: TelemetryConfig & { HOST: string }, log: Logger) {
  if (port === undefined) return undefined;
  const { createMetrics } = await import('./metrics.ts');
  const { startMetricsServer } = await import('./metrics-server.ts');
  const metrics = createMetrics();
  const { registry } = metrics;
  const read = async () => ({ contentType: registry.contentType, text: await registry.metrics() });
  const server = await startMetricsServer({ port, host, read, log });
  log.info({ url: server.url }, 'metrics are offered');
  return { metrics, server };
}
