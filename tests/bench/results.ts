import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** What the figures were measured on. */
export function machine(): { cores: number; memoryGiB: number; cpu: string; node: string } {
  return {
    // Of the machine: the process itself may be bound to some of them.
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
  };
}

/** Writes a benchmark's last result into tests/bench/results, to be committed. */
export async function saveResult(root: string, name: string, result: Record<string, unknown>): Promise<string> {
  const directory = join(root, 'tests', 'bench', 'results');
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${name}.json`);
  await writeFile(
    file,
    `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), machine: machine(), ...result }, null, 2)}\n`,
  );
  return file;
}
