import { logLevels } from '@cafe-for-me/lib/log';
import { z } from 'zod';
import { authorizationSettings } from '../authorization/authorization-settings.ts';
import { jwtSettings } from '../authorization/jwt-settings.ts';
import { corsSettings } from '../transport/cors.ts';
import { pagesSettings } from '../transport/pages-settings.ts';
import { limitsSettings } from '../limits/limits.ts';
import { liveSettings } from '../live/live-settings.ts';
import { explainSettings } from '../pipeline/explain-settings.ts';
import { persistedOperationsSettings } from '../pipeline/persisted-operations.ts';
import { plannerSettings } from '../planning/planner-settings.ts';
import { rateLimitSettings } from '../limits/rate-limit.ts';
import { subgraphSettings } from '../subgraphs/subgraph-settings.ts';
import { telemetrySettings } from '../telemetry/telemetry-settings.ts';

/** A secret that is too short protects nothing. */
const secretLength = 32;

const listenSettings = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('The address to listen on; 0.0.0.0 is all of them.'),
  port: z.int().min(0).max(65_535).default(4000).describe('The TCP port to listen on, 0 for any free one.'),
  names: z
    .array(z.string().regex(/^[\w-]+(?:\.[\w-]+)*$/, 'is no name such as cafe.example (without a port)'))
    .default([])
    .describe(
      "Names that the router goes by beside localhost and addresses. Only pages under these are told the playground's and the demonstration's tokens, and reach what is forwarded for pages; no other name can be made to lead here and ask for them (DNS rebinding). The graph is served under any name.",
    ),
});

const logSettings = z.strictObject({
  level: z.enum(logLevels).default('info').describe('The least important lines that are logged.'),
});

const identitySettings = z.strictObject({
  routerKey: z
    .string()
    .min(secretLength)
    .optional()
    .describe('The secret that signs what the router says to subgraphs about the caller; without it nothing is said.'),
  jwt: jwtSettings.optional().describe("How clients' tokens are checked; without it no token is looked at."),
});

const reloadSettings = z.strictObject({
  everyMs: z
    .int()
    .min(0)
    .default(1_000)
    .describe(
      'How often the supergraph file, and the manifest of persisted operations, is looked at for changes, 0 for never; SIGHUP has them read at once.',
    ),
  warmUp: z
    .int()
    .min(0)
    .default(100)
    .describe(
      'So many of the operations that were asked for last are planned before the new supergraph serves, so that no client waits for it.',
    ),
  restartSpreadMs: z
    .int()
    .min(0)
    .default(5_000)
    .describe(
      'Subscriptions that the new supergraph does not allow as they are end within this time, not all at once.',
    ),
});

const playgroundSettings = z.strictObject({
  tokensFile: z
    .string()
    .optional()
    .describe(
      'JSON [{"label", "token"}] that the playground offers, and GET /demo/personas to pages; for demonstrations only.',
    ),
  examplesFile: z
    .string()
    .optional()
    .describe(
      'JSON [{"title", "about", "persona", "query", "variables"}] that the playground offers. See PLAYGROUND.md.',
    ),
});

/**
 * All settings of the router, as the configuration file has them. A feature's own fragment stands beside its code (every
 * key with a description and a default) and is put together here, `.prefault({})` making its defaults those of a file
 * that doesn't mention it. No default depends on another key; values that exclude each other are refused
 * by the fragment.
 */
export const settingsSchema = z.strictObject({
  supergraph: z.string().min(1).optional().describe('The file of the composed supergraph SDL. There is no default.'),
  workers: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe('Processes that serve together on one port. More than the machine has cores is of no use.'),
  listen: listenSettings.prefault({}).describe('Where clients reach the router.'),
  log: logSettings.prefault({}).describe('What is written to standard output, one JSON object per line.'),
  subgraphs: subgraphSettings
    .prefault({})
    .describe('How subgraphs are asked: time-outs, retries, circuit breakers, headers.'),
  planner: plannerSettings.prefault({}).describe('How operations are planned, and how much work that may be.'),
  identity: identitySettings.prefault({}).describe('Who the caller is, and what subgraphs are told about it.'),
  authorization: authorizationSettings
    .prefault({})
    .describe('What `@authenticated`, `@requiresScopes` and `@policy` of the supergraph are compared with, and do.'),
  limits: limitsSettings
    .prefault({})
    .describe('How large requests may be; what is larger is refused with status 400 (a body: 413).'),
  rateLimit: rateLimitSettings.prefault({}).describe('How often one caller may send operations.'),
  cors: corsSettings.prefault({}).describe('Which pages of other sites may use this graph, over HTTP and sockets.'),
  persistedOperations: persistedOperationsSettings
    .prefault({})
    .describe("Hashes or ids in place of operations' texts, and which operations are let through."),
  introspection: z
    .boolean()
    .default(true)
    .describe('Whether clients may ask for the schema; where not, errors about unknown fields make no suggestions.'),
  explain: explainSettings
    .prefault({})
    .describe('Telling clients how their operations are executed. See EXECUTION.md.'),
  reload: reloadSettings.prefault({}).describe('How a changed supergraph file is taken up while the router runs.'),
  subscriptions: liveSettings
    .prefault({})
    .describe('How subscriptions are served: resuming, limits, slow clients. See SUBSCRIPTIONS.md.'),
  telemetry: telemetrySettings.prefault({}).describe('What the router tells of its own work; nothing by default.'),
  playground: playgroundSettings.prefault({}).describe('The page that browsers get at the endpoint.'),
  pages: pagesSettings.prefault({}).describe("Pages at the router's own address, at / and below; none by default."),
});

export type Settings = z.output<typeof settingsSchema>;

/** What a router does that nobody configured; it lacks a supergraph. */
export const defaultSettings: Settings = settingsSchema.parse({});
