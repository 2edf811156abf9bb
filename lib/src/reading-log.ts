import type { Logger } from 'pino';
import { hasApiCode, JetStreamErrorCode } from './streams.ts';

/** What a reader of a stream logs when it cannot read: each trouble once, and once that a fault is over. */
export interface ReadingLog {
  cannotRead(error: unknown): void;
  reads(): void;
}

/**
 * A stream that was never there is no fault: its owner makes it with its first event. So that is one line without a stack; all
 * else is a warning, also the loss of a stream that was there.
 *
 * @param who e.g. `the feed`
 */
export function createReadingLog(who: string, log: Logger): ReadingLog {
  let hasRead = false;
  let told: 'missing' | 'fault' | undefined;
  return {
    cannotRead(error) {
      const isMissing = !hasRead && hasApiCode(error, JetStreamErrorCode.StreamNotFound);
      const trouble = isMissing ? 'missing' : 'fault';
      if (trouble === told) return;
      told = trouble;
      if (isMissing) log.info(`${who} waits for its stream, which is not there yet`);
      else log.warn({ err: error }, `${who} cannot read its stream now, it tries again`);
    },
    reads() {
      if (told === 'fault') log.info(`${who} reads its stream again`);
      hasRead = true;
      told = undefined;
    },
  };
}
