import type { Logger } from '@cafe-for-me/lib/log';

export interface CatchUp {
  start(): void;
  isReady(): boolean;
  stop(): void;
}

/** How a replica stands to what its owner has said; `no stream` when that is nothing yet. */
export type Standing = 'caught up' | 'behind' | 'no stream';

/**
 * Waits once, at the start, until a consumer has applied what is there: before that the menu would be missing. Bounded,
 * because the stream's owner may have been retired, or never been there, and orders must be taken while the broker is away.
 *
 * @param look may fail or never answer while the broker is away
 */
export function catchUp(
  look: () => Promise<Standing>,
  options: {
    log: Logger;
    /** In ms. @default 15_000 */ withinMs?: number;
    /** How long the stream's owner may take to make it when both start together, in ms. @default 3_000 */
    streamWithinMs?: number;
    /** In ms. @default 100 */ everyMs?: number;
  },
): CatchUp {
  const { log, withinMs = 15_000, streamWithinMs = 3_000, everyMs = 100 } = options;
  let ready = false;
  let begun = 0;
  let looking: NodeJS.Timeout | undefined;
  let bound: NodeJS.Timeout | undefined;

  function finish(): void {
    ready = true;
    clearTimeout(looking);
    clearTimeout(bound);
  }

  async function lookOn(): Promise<void> {
    const standing = await look().catch(() => 'behind');
    if (ready) return;
    if (standing === 'caught up') finish();
    else if (standing === 'no stream' && performance.now() - begun >= streamWithinMs) {
      finish();
      log.info('there are no deliveries to catch up with; orders are taken with the menu as it is');
    } else looking = setTimeout(() => void lookOn(), everyMs);
  }

  return {
    start() {
      begun = performance.now();
      bound = setTimeout(function giveUpWaiting() {
        finish();
        log.warn({ withinMs }, 'not caught up with the deliveries yet; orders are taken with the menu as it was');
      }, withinMs);
      void lookOn();
    },
    isReady: () => ready,
    stop: finish,
  };
}
