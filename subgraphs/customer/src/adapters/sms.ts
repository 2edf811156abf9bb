import type { Logger } from '@cafe-for-me/lib/log';
import { createOutsideCall, OutsideCallError } from '@cafe-for-me/lib/outside-call';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import type { SmsProvider } from '../application/ports.ts';

/** An SMS may take its time: nobody waits for it. */
const TIMEOUT_MS = 3_000;
const BREAKER = { threshold: 10, halfOpenAfterMs: 1_000 };

/** Answers that may differ next time although the message is the same: too slow, too many. */
const PASSING = new Set([408, 425, 429]);

/** The SMS provider over HTTP; it drops doubles by key. */
export function createSms(options: {
  url: string;
  log: Logger;
  /** In ms. @default 3000 */
  timeoutMs?: number;
  tracer?: Tracer | undefined;
}): SmsProvider & {
  close(): Promise<void>;
} {
  const { url: baseUrl, log, timeoutMs = TIMEOUT_MS, tracer } = options;
  const outside = createOutsideCall({
    name: 'sms',
    baseUrl,
    timeoutMs,
    breaker: BREAKER,
    log,
    connections: 32,
    tracer,
  });
  return {
    async send({ key, to, text }) {
      try {
        const body = { key, to, text };
        const { status } = await outside.call({ method: 'POST', path: '/messages', body, idempotencyKey: key });
        if (status < 300) return 'SENT';
        return PASSING.has(status) ? 'FAILED' : 'REFUSED';
      } catch (error) {
        if (!(error instanceof OutsideCallError)) throw error;
        return 'FAILED';
      }
    },
    close: () => outside.close(),
  };
}
