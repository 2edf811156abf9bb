import type { Logger } from '@cafe-for-me/lib/log';
import { createOutsideCall, OutsideCallError } from '@cafe-for-me/lib/outside-call';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { z } from 'zod';
import type { Headquarters } from '../application/ports.ts';
import { transferId } from '../domain/transfer.ts';

const verdict = z.union([
  z.object({ accepted: z.literal(true) }),
  z.object({ accepted: z.literal(false), reason: z.string().default('headquarters gave no reason') }),
]);

/** Too busy, or too slow on their side: says nothing about the transfer. */
const passingStatus = new Set([408, 425, 429]);

export interface HeadquartersClient extends Headquarters {
  close(): Promise<void>;
}

/** Headquarters over HTTP, behind a time-out and a circuit breaker. */
export function createHeadquarters(options: {
  url: string;
  timeoutMs: number;
  log: Logger;
  /** @default after 5 failures in a row it is left alone for 2 s */
  breaker?: { threshold: number; halfOpenAfterMs: number };
  tracer?: Tracer | undefined;
}): HeadquartersClient {
  const { url, timeoutMs, log, tracer, breaker = { threshold: 5, halfOpenAfterMs: 2_000 } } = options;
  const outside = createOutsideCall({
    name: 'headquarters',
    baseUrl: url,
    timeoutMs,
    breaker,
    log,
    connections: 16,
    tracer,
  });
  return {
    async send(transfer) {
      const { cafeId, businessDate, revision, salesSum, salesQty, orderCount } = transfer;
      try {
        const { status, body } = await outside.call({
          method: 'POST',
          path: '/sales-transfers',
          body: { cafeId, businessDate, revision, salesSum, salesQty, orderCount },
          idempotencyKey: transferId(transfer),
        });
        if (passingStatus.has(status)) return { kind: 'unsettled', error: `headquarters answered ${status}` };
        if (status >= 400) return { kind: 'refused', reason: `headquarters answered ${status}` };
        const answer = verdict.safeParse(body);
        if (!answer.success) return { kind: 'unsettled', error: "headquarters' answer is neither yes nor no" };
        return answer.data.accepted ? { kind: 'accepted' } : { kind: 'refused', reason: answer.data.reason };
      } catch (error) {
        if (!(error instanceof OutsideCallError)) throw error;
        return { kind: 'unsettled', error: error.message };
      }
    },
    close: () => outside.close(),
  };
}
