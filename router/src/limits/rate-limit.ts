import cluster from 'node:cluster';
import type { Logger } from '@cafe-for-me/lib/log';
import { GraphQLError } from 'graphql';
import { RateLimiterCluster, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { z } from 'zod';
import type { Caller } from '../authorization/identity.ts';

/** How often one caller may send operations. */
export const rateLimitSettings = z.strictObject({
  operations: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Operations that one caller may send within `windowMs`, over HTTP and sockets together (else RATE_LIMITED, over HTTP status 429). A caller is the subject of a token, or an address where there is none. null: no limit.',
    ),
  windowMs: z
    .int()
    .min(1_000)
    .default(60_000)
    .describe('The time after which a caller may send as many again, counted from its first operation.'),
  trustedProxies: z
    .int()
    .min(0)
    .default(0)
    .describe('How many proxies stand between clients and the router and add to `x-forwarded-for`.'),
});

export type RateLimitSettings = z.output<typeof rateLimitSettings>;

export interface RateLimit {
  /**
   * Counts one operation.
   *
   * @param address where the client comes from (`addressOf`): who has no token is counted by it
   * @returns in how many ms the caller may send the next one, undefined when it may send this one
   */
  refusedFor(caller: Caller, address: string): Promise<number | undefined>;
}

/** Of the one count that all worker processes share. */
const name = 'operations';

/** In a worker process, how long the process that counts for all may take to say so. */
const countedWithinMs = 1_000;

/**
 * Counts operations by caller. Of several worker processes one counts for all, in their primary (`rate-limit-primary.ts`).
 *
 * @returns undefined when there is no limit
 */
export function createRateLimit(settings: RateLimitSettings, log: Logger): RateLimit | undefined {
  const { operations, windowMs } = settings;
  if (operations === null) return undefined;
  const options = { keyPrefix: name, points: operations, duration: windowMs / 1_000 };
  const limiter = cluster.isWorker
    ? new RateLimiterCluster({ ...options, timeoutMs: countedWithinMs })
    : new RateLimiterMemory(options);

  function nameOf({ claims }: Caller, address: string): string {
    const subject = claims?.['sub'];
    if (typeof subject === 'string') return `subject:${String(claims?.['iss'])}:${subject}`;
    return `address:${address}`;
  }

  return {
    async refusedFor(caller, address) {
      try {
        await limiter.consume(nameOf(caller, address));
        return undefined;
      } catch (reason) {
        if (reason instanceof RateLimiterRes) return reason.msBeforeNext;
        // Who can't count must not refuse everybody.
        log.warn({ error: reason }, 'an operation was not counted');
        return undefined;
      }
    },
  };
}

/** @param ms until the caller may send the next operation */
export function rateLimited(ms: number): GraphQLError {
  const retryAfterSeconds = secondsOf(ms);
  return new GraphQLError(`You have sent too many operations; send the next one in ${retryAfterSeconds} s.`, {
    extensions: { code: 'RATE_LIMITED', retryAfterSeconds },
  });
}

/** As the header `retry-after` wants it: never too early. */
export function secondsOf(ms: number): number {
  return Math.max(Math.ceil(ms / 1_000), 1);
}
