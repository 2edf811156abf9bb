import { readFile } from 'node:fs/promises';
import { StartRefused } from '../refusal.ts';

interface Keys {
  readonly jwks: string;
}

/**
 * Looks for the files of the key sets, so that a wrong path is found at the start and not by the first token. A key set at an
 * address may be out of reach for a while, and isn't asked for.
 *
 * @param tokens undefined when no token is looked at
 * @throws StartRefused for a file that can't be read
 */
export async function checkKeyFiles(tokens: (Keys & { readonly others: readonly Keys[] }) | undefined): Promise<void> {
  for (const { jwks } of tokens === undefined ? [] : [tokens, ...tokens.others]) {
    if (/^https?:/.test(jwks)) continue;
    try {
      await readFile(jwks.startsWith('file:') ? new URL(jwks) : jwks);
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw new StartRefused(`The key set ${jwks} ${missing ? 'does not exist' : 'cannot be read'}.`);
    }
  }
}
