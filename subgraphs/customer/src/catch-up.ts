import type { Logger } from '@cafe-for-me/lib/log';

export interface CatchUp {
  start(): void;
  isReady(): boolean;
  stop(): void;
}

/**
 * Waits once, at the start, until a consumer has applied what is there: before that the menu would be missing. Bounded,
 * because the stream's owner may have been retired, and orders must be taken while the broker is away.
 *
 * @param isCaughtUp may fail or never answer while the broker is away
 */
export function catchUp(
  isCaughtUp: () => Promise<boolean>,
  options: {
    log: Logger;
    /** In ms. @default 15_000 */ withinMs?: number;
    /** In ms. @default 100 */ everyMs?: number;
  },
): CatchUp {
  const { log, withinMs = 15_000, everyMs = 100 } = options;
  let ready = false;
  let looking: NodeJS.Timeout | undefined;
  let bound: NodeJS.Timeout | undefined;

  function finish(): void {
    ready = true;
    clearTimeout(looking);
    clearTimeout(bound);
  }

  async function look(): Promise<void> {
    const caughtUp = await isCaughtUp().catch(() => false);
    if (ready) return;
    if (caughtUp) finish();
    else looking = setTimeout(() => void look(), everyMs);
  }

  return {
    start() {
      bound = setTimeout(function giveUpWaiting() {
        finish();
        log.warn({ withinMs }, 'not caught up with the deliveries yet; orders are taken with the menu as it was');
      }, withinMs);
      void look();
    },
    isReady: () => ready,
    stop: finish,
  };
}
