import { resourceLimits } from 'node:worker_threads';

/*
 * A router makes much that lives as long as one request. Where the space for new objects is small, requests under way at one
 * moment overflow it, and what is garbage a moment later is copied and kept: a heavy query costs almost twice as much. The space
 * can be set only before a heap exists: by an argument of node, or for a thread.
 */

/** Of each of the two halves in which new objects live; the space is three times as large. */
const semiSpaceMb = 64;
const argument = '--max-semi-space-size';

/** For a `Worker` of node:worker_threads. */
export const threadLimits = { maxYoungGenerationSizeMb: 3 * semiSpaceMb };

/** Whether whoever started this process has chosen a size. */
export function isChosen(execArgv: readonly string[], nodeOptions = ''): boolean {
  return [...execArgv, nodeOptions].some((one) => one.replaceAll('_', '-').includes(argument));
}

/** node's arguments for a process that shall serve. */
export function argumentsWithSpace(execArgv: readonly string[], nodeOptions?: string): string[] {
  return isChosen(execArgv, nodeOptions) ? [...execArgv] : [...execArgv, `${argument}=${semiSpaceMb}`];
}

/** What this process or thread was given, as its log tells it; undefined when nobody chose. */
export function givenSpace(execArgv: readonly string[], nodeOptions = ''): string | undefined {
  const limit = resourceLimits.maxYoungGenerationSizeMb;
  if (limit !== undefined && limit >= threadLimits.maxYoungGenerationSizeMb) return `${limit / 3} MB`;
  const chosen = /--max[-_]semi[-_]space[-_]size[= ](\d+)/.exec([...execArgv, nodeOptions].join(' '))?.[1];
  return chosen === undefined ? undefined : `${chosen} MB`;
}
