import type { Logger } from '@cafe-for-me/lib/log';
import { createOutsideCall, OutsideCallError } from '@cafe-for-me/lib/outside-call';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { z } from 'zod';
import type { Payment } from '../application/ports.ts';
import type { ChargeOutcome } from '../domain/decide.ts';
import { chargeKey, refundKey } from '../domain/order.ts';

const chargeAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('CHARGED'), amount: z.number() }),
  z.object({ status: z.literal('DECLINED'), reason: z.string().default('declined') }),
]);
const refundAnswer = z.object({ status: z.literal('REFUNDED') });

/** So many failures in a row, and customers are told at once instead of after the time-out. */
const BREAKER = { threshold: 5, halfOpenAfterMs: 5_000 };

/** What customers are asked to wait: by then the breaker lets a call through again. */
const RETRY_AFTER_SECONDS = 10;

export interface PaymentProvider extends Payment {
  close(): Promise<void>;
}

/**
 * The payment provider over HTTP. A call that surely never reached it is UNAVAILABLE; one without an answer that can be
 * understood is UNKNOWN, because it may have been carried out.
 */
export function createPayment(options: {
  url: string;
  timeoutMs: number;
  log: Logger;
  /** @default 5 failures, 5 s */
  breaker?: { threshold: number; halfOpenAfterMs: number };
  tracer?: Tracer | undefined;
}): PaymentProvider {
  const { log } = options;
  const outside = createOutsideCall({
    name: 'payment',
    baseUrl: options.url,
    timeoutMs: options.timeoutMs,
    breaker: options.breaker ?? BREAKER,
    log,
    tracer: options.tracer,
  });

  function readCharge(status: number, body: unknown, total: number): ChargeOutcome {
    const answer = chargeAnswer.safeParse(body);
    if (answer.success && answer.data.status === 'DECLINED') return { kind: 'DECLINED', reason: answer.data.reason };
    if (answer.success && answer.data.status === 'CHARGED' && answer.data.amount === total) return { kind: 'CHARGED' };
    log.error({ status, body, total }, 'the payment provider gave an answer that makes no sense');
    return { kind: 'UNKNOWN' };
  }

  return {
    async charge({ id, total }) {
      // A free order: the provider takes no charge of nothing.
      if (total === 0) return { kind: 'CHARGED' };
      const key = chargeKey(id);
      const body = { key, amount: total, orderId: id };
      try {
        const answer = await outside.call({ method: 'POST', path: '/charges', body, idempotencyKey: key });
        return readCharge(answer.status, answer.body, total);
      } catch (error) {
        if (!(error instanceof OutsideCallError)) throw error;
        return error.mayBeDone ? { kind: 'UNKNOWN' } : { kind: 'UNAVAILABLE', retryAfterSeconds: RETRY_AFTER_SECONDS };
      }
    },
    async findCharge({ id, total }) {
      if (total === 0) return { kind: 'CHARGED' };
      try {
        const answer = await outside.call({ method: 'GET', path: `/charges/${encodeURIComponent(chargeKey(id))}` });
        return answer.status === 404 ? { kind: 'NONE' } : readCharge(answer.status, answer.body, total);
      } catch (error) {
        if (!(error instanceof OutsideCallError)) throw error;
        return { kind: 'UNKNOWN' };
      }
    },
    async refund({ id, total }) {
      if (total === 0) return true;
      const key = refundKey(id);
      const body = { key, chargeKey: chargeKey(id), amount: total };
      try {
        const answer = await outside.call({ method: 'POST', path: '/refunds', body, idempotencyKey: key });
        const confirmed = refundAnswer.safeParse(answer.body).success;
        if (!confirmed)
          log.error({ orderId: id, ...answer }, 'the payment provider refuses a refund; it is tried again');
        return confirmed;
      } catch (error) {
        if (!(error instanceof OutsideCallError)) throw error;
        return false;
      }
    },
    async findRefund({ id }) {
      try {
        const answer = await outside.call({ method: 'GET', path: `/refunds/${encodeURIComponent(refundKey(id))}` });
        return refundAnswer.safeParse(answer.body).success;
      } catch (error) {
        if (!(error instanceof OutsideCallError)) throw error;
        return false;
      }
    },
    close: () => outside.close(),
  };
}
