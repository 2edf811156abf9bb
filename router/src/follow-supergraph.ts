import { unwatchFile, watchFile } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@cafe-for-me/lib/log';
import type { LoadedSupergraph, SupergraphFile } from './supergraph.ts';

/** A file that is being written to is read again after so long, until it stays as it is; in ms. */
const settleMs = 50;

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
  file: SupergraphFile;
  everyMs: number;
  /** The SDL that is served already. */
  served: string;
  serve(graph: LoadedSupergraph): Promise<void>;
  log: Logger;
}): {
  /** Reads the file now. @returns when what it holds is served, or is refused; never rejects */
  reload(): Promise<void>;
  /** @returns when a reload that is under way has ended */
  stop(): Promise<void>;
} {
  const { file, everyMs, serve, log } = options;
  let { served } = options;
  let stopped = false;
  let last = Promise.resolve();

  async function settled(): Promise<string> {
    let text = await file.read();
    for (;;) {
      await wait(settleMs);
      const again = await file.read();
      if (again === text) return text;
      text = again;
    }
  }

  async function takeUp(): Promise<void> {
    if (stopped) return;
    try {
      const sdl = await settled();
      if (sdl === served || stopped) return;
      const begun = performance.now();
      await serve(file.load(sdl));
      served = sdl;
      log.info({ file: file.path, ms: Math.round(performance.now() - begun) }, 'serving the new supergraph');
    } catch (error) {
      const reason = (error as Error).message;
      log.error({ file: file.path, reason }, 'the new supergraph is not served, the one before stays');
    }
  }

  /** One after the other: the last one sees what the file holds at the end. */
  function reload(): Promise<void> {
    last = last.then(takeUp);
    return last;
  }

  const changed = () => void reload();
  if (everyMs > 0) watchFile(file.path, { interval: everyMs, persistent: false }, changed);
  return {
    reload,
    async stop() {
      stopped = true;
      unwatchFile(file.path, changed);
      await last;
    },
  };
}
