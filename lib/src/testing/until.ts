import { pause } from '../bell.ts';

/**
 * Resolves as soon as `look` gives something other than undefined, null or false; for what nobody can be told of, such as a
 * row another process writes. The test's own time limit ends it otherwise.
 */
export async function until<T>(look: () => Promise<T> | T): Promise<NonNullable<Exclude<T, false>>> {
  const never = new AbortController().signal;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<Exclude<T, false>>;
    await pause(10, never);
  }
}
