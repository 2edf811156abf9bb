import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. This file lies in deploy/src/ or deploy/dist/. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

/** Everything that a running system keeps; ignored by git. */
export const localDir = join(root, '.local');
