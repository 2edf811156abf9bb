import { z } from 'zod';
import { headerSettings, prepareHeaderRules, type HeaderRules } from './subgraph-headers.ts';

const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

const timeoutMs = milliseconds.describe('How long one request to a subgraph may take, to the last byte of its answer.');
const connections = z.int().min(1).describe('Connections to a subgraph at one time; requests beyond wait.');
const maxAnswerBytes = z.int().min(1).describe('A larger answer is given up.');
const shareInFlight = z
  .boolean()
  .describe(
    'Queries of several clients that send a subgraph the same under the same identity and headers share one request.',
  );

const retry = {
  attempts: z
    .int()
    .min(0)
    .describe('How often a query is sent again when the connection fails, or on 502, 503 or 504.'),
  budgetPercent: z.number().min(0).max(100).describe('So many percent of the requests may be retries (beside a few).'),
  waitMs: milliseconds.describe('The longest wait before the first retry; doubled for each further one.'),
  timeouts: z.boolean().describe('Retries after a time-out, too.'),
};

const breaker = {
  enabled: z.boolean().describe('A subgraph that fails repeatedly is left alone for a while.'),
  failurePercent: z.number().gt(0).lt(100).describe('Opens when more of the requests within windowMs failed.'),
  minimumCalls: z.int().min(1).describe('And when there were at least so many.'),
  windowMs: milliseconds.describe('How far back is looked.'),
  probeAfterMs: milliseconds.describe('How long it stays open before one request is let through as a probe.'),
};

/** What one subgraph has in place of the settings for all; its header rules are added to those. */
const ownSettings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where it is, in place of the supergraph's own address."),
  timeoutMs: timeoutMs.optional(),
  connections: connections.optional(),
  maxAnswerBytes: maxAnswerBytes.optional(),
  shareInFlight: shareInFlight.optional(),
  retry: z.strictObject(retry).partial().optional().describe('When a query is sent again.'),
  breaker: z.strictObject(breaker).partial().optional().describe('When a subgraph is left alone.'),
  headers: headerSettings.optional().describe('Headers toward this subgraph, beside those toward all.'),
});

export const subgraphSettings = z.strictObject({
  timeoutMs: timeoutMs.default(10_000),
  connections: connections.default(256),
  maxAnswerBytes: maxAnswerBytes.default(32 * 1024 * 1024),
  shareInFlight: shareInFlight.default(true),
  retry: z
    .strictObject({
      attempts: retry.attempts.default(1),
      budgetPercent: retry.budgetPercent.default(20),
      waitMs: retry.waitMs.default(50),
      timeouts: retry.timeouts.default(false),
    })
    .prefault({})
    .describe('When a query is sent again; a mutation never is.'),
  breaker: z
    .strictObject({
      enabled: breaker.enabled.default(true),
      failurePercent: breaker.failurePercent.default(50),
      minimumCalls: breaker.minimumCalls.default(20),
      windowMs: breaker.windowMs.default(10_000),
      probeAfterMs: breaker.probeAfterMs.default(5_000),
    })
    .prefault({})
    .describe('When a subgraph is left alone: its fields are errors at once then.'),
  headers: headerSettings
    .prefault({})
    .describe(
      'Headers toward all subgraphs. Of subscriptions, fixed ones go with the WebSocket that all clients share, and those of a client as `extensions.headers` of its subscription.',
    ),
  byName: z.record(z.string(), ownSettings).default({}).describe("One subgraph's own settings, by its name."),
});

export type SubgraphSettings = z.output<typeof subgraphSettings>;

/** The settings that hold for one subgraph, its header rules prepared. */
export interface OneSubgraphSettings extends Omit<SubgraphSettings, 'byName' | 'headers'> {
  readonly headers: HeaderRules;
}

export function settingsOf(settings: SubgraphSettings, name: string): OneSubgraphSettings {
  const { byName, headers, retry: allRetry, breaker: allBreaker, ...all } = settings;
  const own = Object.hasOwn(byName, name) ? byName[name]! : {};
  return {
    timeoutMs: own.timeoutMs ?? all.timeoutMs,
    connections: own.connections ?? all.connections,
    maxAnswerBytes: own.maxAnswerBytes ?? all.maxAnswerBytes,
    shareInFlight: own.shareInFlight ?? all.shareInFlight,
    retry: overriding(allRetry, own.retry),
    breaker: overriding(allBreaker, own.breaker),
    headers: prepareHeaderRules(headers, own.headers),
  };
}

/** Names that have settings but no subgraph: misspelled, perhaps. */
export function namesUnknownTo(
  subgraphs: readonly { readonly name: string }[],
  { byName }: SubgraphSettings,
): string[] {
  return Object.keys(byName).filter((name) => !subgraphs.some((one) => one.name === name));
}

function overriding<Values extends object>(
  all: Values,
  own: { [Name in keyof Values]?: Values[Name] | undefined } = {},
): Values {
  return { ...all, ...(own as Partial<Values>) };
}
