import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from '@cafe-for-me/lib/log';
import { StartRefused } from '../refusal.ts';
import type { Claims } from './claims.ts';

/** Whose tokens are refused that were issued before a moment: a role was withdrawn, a device was lost. */
export interface Revocations {
  /** Without a time of issue (`iat`) a token of such a subject is refused as well. */
  refuse(claims: Claims): boolean;
  /** @returns ends it */
  onChange(listener: () => void): () => void;
}

/** The file is looked at so often, in ms. */
const lookMs = 1_000;

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** By subject, in ms since 1970. */
type Moments = ReadonlyMap<string, number>;

/**
 * Reads `{ "<sub>": "<ISO instant>" }`.
 *
 * @throws StartRefused that names the file, and the line where something is wrong with it
 */
export async function readRevocations(file: string): Promise<Moments> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StartRefused(`The file of revocations ${file} ${missing ? 'does not exist' : 'cannot be read'}.`);
  }
  const refuse = (offset: number, sentence: string): never => {
    throw new StartRefused(`${file}:${text.slice(0, offset).split('\n').length}: ${sentence}`);
  };
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    refuse(Number(/at position (\d+)/.exec(message)?.[1] ?? text.length), `This is no JSON: ${message}.`);
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said)) {
    return refuse(0, 'An object is expected, as in { "<sub>": "2026-01-31T12:00:00Z" }.');
  }
  const moments = new Map<string, number>();
  for (const [subject, value] of Object.entries(said)) {
    const moment = typeof value === 'string' && instant.test(value) ? Date.parse(value) : NaN;
    if (Number.isNaN(moment)) {
      refuse(
        Math.max(text.indexOf(JSON.stringify(subject)), 0),
        `${JSON.stringify(subject)} needs an instant such as "2026-01-31T12:00:00Z".`,
      );
    }
    moments.set(subject, moment);
  }
  return moments;
}

/**
 * Follows the file while it changes. What can't be read leaves what was read before: nobody gets access by a mistake in it.
 *
 * @throws StartRefused as `readRevocations`
 */
export async function followRevocations(
  file: string,
  log: Logger,
): Promise<Revocations & { reload(): Promise<void>; stop(): void }> {
  let moments = await readRevocations(file);
  const listeners = new Set<() => void>();

  async function reload(): Promise<void> {
    try {
      moments = await readRevocations(file);
    } catch (error) {
      log.error({ reason: (error as Error).message }, 'the revocations are not taken up, those before stay');
      return;
    }
    log.info({ file, subjects: moments.size }, 'revocations taken up');
    for (const listener of listeners) listener();
  }

  const changed = () => void reload();
  watchFile(file, { interval: lookMs, persistent: false }, changed);

  return {
    refuse({ sub, iat }) {
      const moment = moments.get(String(sub));
      return moment !== undefined && !(typeof iat === 'number' && iat * 1_000 >= moment);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload,
    stop: () => unwatchFile(file, changed),
  };
}
