/** The router as a process, over the hostile subgraphs. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child } from '@cafe-for-me/deploy/child';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { startNode } from '../router/processes.ts';

export interface AttackedRouter {
  readonly child: Child;
  readonly origin: string;
}

/** Starts it and waits until it is ready. */
export async function startAttackedRouter(options: {
  /** Its main.js. */
  file: string;
  /** For its files. */
  dir: string;
  sdl: string;
  /** For one request to the subgraph that is hostile. */
  timeoutMs: number;
  nodeArguments?: readonly string[];
}): Promise<AttackedRouter> {
  const { file, dir, sdl, timeoutMs, nodeArguments = [] } = options;
  const configuration = {
    log: { level: 'warn' },
    // The circuit breaker would keep nearly all of it from the subgraph.
    subgraphs: {
      // The other subgraph may have as long as it takes.
      timeoutMs: 60_000,
      byName: { wild: { timeoutMs } },
      maxAnswerBytes: 2 ** 20,
      breaker: { enabled: false },
      retry: { waitMs: 10 },
    },
  };
  const port = await freePort();
  const [supergraph, settings] = [join(dir, `supergraph-${port}.graphql`), join(dir, `router-${port}.yaml`)];
  await writeFile(supergraph, sdl);
  // JSON is YAML.
  await writeFile(settings, JSON.stringify(configuration));
  const child = await startNode({
    args: [...nodeArguments, file, '--config', settings, '--supergraph', supergraph, '--port', `${port}`],
    core: 'gateway',
    logFile: join(dir, `router-${port}.log`),
  });
  const origin = `http://127.0.0.1:${port}`;
  for (;;) {
    const response = await fetch(`${origin}/health/ready`).catch(() => undefined);
    if (response?.ok === true) return { child, origin };
    if (!child.running()) throw new Error(`The router has ended:\n${child.lastLines().join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
