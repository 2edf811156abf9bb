/** Waiting for what others bring about, event by event. */
export interface Progress {
  /** Something happened: all who wait look again. */
  tell(): void;
  /**
   * Resolves once `fits` is so.
   *
   * @throws when nothing at all has happened for `stalledAfterMs`, with what `lacking` says
   */
  until(fits: () => boolean, lacking: () => string, stalledAfterMs?: number): Promise<void>;
}

/** A killed database on a busy machine may take so long until the next event comes, in ms. */
const STALLED_AFTER = 90_000;

export function createProgress(): Progress {
  const waiting = new Set<() => void>();
  let telling = false;
  return {
    tell() {
      // Of all that happens in one turn they hear once.
      if (telling) return;
      telling = true;
      setImmediate(function lookAgain() {
        telling = false;
        for (const look of waiting) look();
      });
    },
    until(fits, lacking, stalledAfterMs = STALLED_AFTER) {
      if (fits()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const stalled = setTimeout(function giveUp() {
          waiting.delete(look);
          reject(new Error(`nothing has happened for ${stalledAfterMs} ms: ${lacking()}`));
        }, stalledAfterMs);
        function look(): void {
          stalled.refresh();
          if (!fits()) return;
          clearTimeout(stalled);
          waiting.delete(look);
          resolve();
        }
        waiting.add(look);
      });
    },
  };
}
