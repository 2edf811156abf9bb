import { z } from 'zod';
import { httpUrl, wholeNumber } from './config.ts';
import type { Logger } from './log.ts';
import { samplers, tracesUrl, type Telemetry } from './telemetry.ts';

/** How a process traces, in OpenTelemetry's names: to be spread into the schema of its environment. */
export const traceConfig = {
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl().optional(),
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

export type TraceConfig = z.output<z.ZodObject<typeof traceConfig>>;

/**
 * Begins to trace when the environment says where spans go: to an OTLP receiver over HTTP, as JSON. Without an address nothing is
 * traced and nothing of it is loaded. Headers and certificates for the receiver are OTEL_EXPORTER_OTLP_HEADERS and the like,
 * which the exporter reads by itself.
 *
 * @param service the name that spans carry unless OTEL_SERVICE_NAME says another
 */
export async function startTelemetry(
  service: string,
  config: TraceConfig,
  log: Logger,
): Promise<Telemetry | undefined> {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole, OTEL_EXPORTER_OTLP_ENDPOINT: base } = config;
  const url = whole ?? (base && tracesUrl(base));
  if (url === undefined) return undefined;
  const { startTracing } = await import('./tracing.ts');
  return startTracing({
    url,
    service: config.OTEL_SERVICE_NAME ?? service,
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    gatherMs: config.OTEL_BSP_SCHEDULE_DELAY,
    log,
  });
}
