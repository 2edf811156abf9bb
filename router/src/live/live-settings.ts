import { z } from 'zod';

/** Limits that may be lifted. */
const limit = z.int().min(1).nullable();

/** How subscriptions are served. */
export const liveSettings = z.strictObject({
  eventDeadlineMs: z
    .int()
    .min(1)
    .default(2_000)
    .describe(
      "Other subgraphs' fields of an event that have not come within this time are null, with an error; the event goes on without them.",
    ),
  resumeMaxAgeMs: z
    .int()
    .min(0)
    .default(86_400_000)
    .describe('A token of a message (`extensions.resume`) that is older begins anew, with the present state.'),
  resumeKey: z
    .string()
    .min(32)
    .optional()
    .describe(
      'The secret that these tokens are signed with, the same for all routers of a deployment. Without it one is derived from `identity.routerKey`, and without that each process makes its own.',
    ),
  maxSockets: limit
    .default(50_000)
    .describe('Connections that may be open for subscriptions in each process, over all transports; null: no limit.'),
  maxPerSocket: limit.default(1_000).describe('Operations that may run on one socket at a time; null: no limit.'),
  maxPerCaller: limit
    .default(1_000)
    .describe(
      'Subscriptions that one caller may have in each process (else SUBSCRIPTION_LIMIT_EXCEEDED). A caller is the subject of a token, or an address where there is none. null: no limit.',
    ),
  initTimeoutMs: z.int().min(1).default(10_000).describe('A socket must send connection_init within this time.'),
  heartbeatMs: z
    .int()
    .min(100)
    .default(12_000)
    .describe('Every connection with subscriptions gets a sign of life so often, and a socket must answer it.'),
  maxBufferedBytes: z
    .int()
    .min(1_024)
    .default(1_048_576)
    .describe('A connection whose client reads so slowly that more bytes wait is closed; the client may resume.'),
  maxBufferedMessages: z
    .int()
    .min(1)
    .default(1_000)
    .describe('A connection whose client reads so slowly that more messages wait is closed; the client may resume.'),
  drainSpreadMs: z
    .int()
    .min(0)
    .default(3_000)
    .describe('When the router stops, connections are closed spread over this time at most, not all at once.'),
});

export type LiveSettings = z.output<typeof liveSettings>;
