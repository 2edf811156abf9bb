import { samplers } from '@cafe-for-me/lib/telemetry';
import { z } from 'zod';

const metricsSettings = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .nullable()
    .default(null)
    .describe(
      'The TCP port of GET /metrics, for Prometheus: a listener of its own, which clients need not reach. null: no metrics are kept.',
    ),
  host: z.string().min(1).default('127.0.0.1').describe('The address that /metrics listens on.'),
  operations: z
    .array(z.string().min(1))
    .max(1_000)
    .default([])
    .describe(
      'Names of operations that are told apart; all others count as one. Clients choose names, so none is by itself.',
    ),
});

const tracesSettings = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null)
    .describe(
      'The base address of a receiver of OTLP over HTTP, e.g. http://127.0.0.1:4318; spans go to /v1/traces there, as JSON. null: nothing is traced. Headers for it stand in OTEL_EXPORTER_OTLP_HEADERS.',
    ),
  service: z.string().min(1).default('router').describe('The name that spans carry as service.name.'),
  sampler: z
    .enum(samplers)
    .default('parentbased_always_on')
    .describe("Which traces are kept; parentbased: what the client's traceparent says counts, if it sends one."),
  ratio: z.number().min(0).max(1).default(1).describe('The share of traces that the two traceidratio samplers keep.'),
  gatherMs: z.int().min(1).default(5_000).describe('How long spans are gathered before they are sent.'),
});

/** What the router tells of itself. All of it is off by default, and there is no address that anything is sent to. */
export const telemetrySettings = z.strictObject({
  metrics: metricsSettings.prefault({}).describe('Counts and durations, for Prometheus.'),
  traces: tracesSettings.prefault({}).describe('Spans, for OpenTelemetry.'),
});

export type TelemetrySettings = z.output<typeof telemetrySettings>;
