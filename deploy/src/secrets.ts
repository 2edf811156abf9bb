import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Secrets by name in one JSON file of mode 600. `secret(name)` makes a random one at the first call and returns the same ever after.
 *
 * @param file its folder is made when missing
 */
export function secretsFile(file: string): (name: string) => string {
  return function secret(name) {
    const secrets = read(file);
    const known = secrets[name];
    if (known !== undefined) return known;
    const made = randomBytes(24).toString('hex');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify({ ...secrets, [name]: made }, null, 2), { mode: 0o600 });
    renameSync(`${file}.new`, file); // Never half a file, even when the disk is full.
    return made;
  };
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
