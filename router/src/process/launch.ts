import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isChosen } from './young-generation.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What has to be known before anything that serves is loaded. */
interface Glimpse {
  readonly workers: number;
  readonly logLevel: string | undefined;
}

/**
 * Starts whatever serves: a thread of this process, or several processes that this one looks after. Either has more space for new
 * objects than node gives by itself; where that was chosen by hand (`--max-semi-space-size`), a single router runs right here.
 *
 * @param self the program's main file
 */
export async function launch(self: string, args: readonly string[], env: Environment): Promise<void> {
  const { workers, logLevel } = await glimpse(args, env);
  if (workers > 1) {
    const { supervise } = await import('./primary.ts');
    await supervise({ self, args, workers, logLevel, nodeOptions: env['NODE_OPTIONS'] });
  } else if (isChosen(process.execArgv, env['NODE_OPTIONS'])) {
    const { serve } = await import('./serve.ts');
    await serve(args, env);
  } else {
    const { serveInThread } = await import('./thread.ts');
    serveInThread(self, args);
  }
}

/** Looks without judging: whoever serves reads everything again, and says what is wrong with it. */
async function glimpse(args: readonly string[], env: Environment): Promise<Glimpse> {
  const options = { workers: { type: 'string' }, config: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options, strict: false });
  const file = await inFile(values.config ?? env['CONFIG'], env);
  const workers = Number(values.workers ?? (env['WORKERS'] || file.workers));
  const logLevel = env['LOG_LEVEL'] || file.log?.level;
  return {
    workers: Number.isInteger(workers) && workers >= 1 && workers <= 256 ? workers : 1,
    logLevel: typeof logLevel === 'string' ? logLevel : undefined,
  };
}

async function inFile(
  path: unknown,
  env: Environment,
): Promise<{ workers?: unknown; log?: { level?: unknown } | null }> {
  if (typeof path !== 'string' || path === '') return {};
  try {
    const { parseConfigFile } = await import('../config/config-file.ts');
    return parseConfigFile(readFileSync(path, 'utf8'), path, env).values;
  } catch {
    return {};
  }
}
