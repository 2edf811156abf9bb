import { unwatchFile, watchFile } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@cafe-for-me/lib/log';

/** A file that is being written to is read again after so long, until it stays as it is; in ms. */
const settleMs = 50;

/** What was read of the files that are followed. */
export interface Contents {
  readonly sdl: string;
  /** Of other files that the same generation is made from. */
  readonly others: readonly string[];
}

/**
 * Serves what stands in the supergraph file, whatever becomes of it. What can't be served is told in one line, and all stays
 * as it was.
 *
 * The file is looked at by its path: one that is replaced by a rename, or reached through a link that is (as Kubernetes does
 * with a ConfigMap), is noticed like one that is written to, on every kind of file system. It costs one `stat` each time.
 *
 * @param options.everyMs how often it is looked at; 0 for never
 */
export function followSupergraph(options: {
  /** The supergraph file, and others that matter. */
  paths: readonly [string, ...string[]];
  /** @throws Error with the reason as one sentence */
  read(): Promise<Contents>;
  everyMs: number;
  /** What is served already. */
  served: Contents;
  /** @throws Error with the reason as one sentence */
  serve(sdl: string): Promise<void>;
  log: Logger;
}): {
  /** Reads the files now. @returns when what it holds is served, or is refused; never rejects */
  reload(): Promise<void>;
  /** @returns when a reload that is under way has ended */
  stop(): Promise<void>;
} {
  const { paths, read, everyMs, serve, log } = options;
  const [file] = paths;
  let { served } = options;
  let stopped = false;
  let last = Promise.resolve();

  async function settled(): Promise<Contents> {
    let contents = await read();
    for (;;) {
      await wait(settleMs);
      const again = await read();
      if (same(contents, again)) return contents;
      contents = again;
    }
  }

  async function takeUp(): Promise<void> {
    if (stopped) return;
    try {
      const contents = await settled();
      if (same(contents, served) || stopped) return;
      const begun = performance.now();
      await serve(contents.sdl);
      served = contents;
      log.info({ file, ms: Math.round(performance.now() - begun) }, 'serving the new supergraph');
    } catch (error) {
      const reason = (error as Error).message;
      log.error({ file, reason }, 'the new supergraph is not served, the one before stays');
    }
  }

  /** One after the other: the last one sees what the file holds at the end. */
  function reload(): Promise<void> {
    last = last.then(takeUp);
    return last;
  }

  const changed = () => void reload();
  if (everyMs > 0) {
    for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, changed);
    // What changed since it was served, and before the watch began.
    changed();
  }
  return {
    reload,
    async stop() {
      stopped = true;
      for (const path of paths) unwatchFile(path, changed);
      await last;
    },
  };
}

function same(one: Contents, other: Contents): boolean {
  return one.sdl === other.sdl && one.others.every((text, index) => text === other.others[index]);
}
