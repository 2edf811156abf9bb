import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

/** At most so much of a log's end is looked at, in bytes. */
const TAIL = 64 * 1024;

/** Begins a new log file; the last run's is kept beside it as `<name>.previous.log`. */
export function beginLog(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) renameSync(file, file.replace(/\.log$/, '.previous.log'));
}

/** The newest lines of a log file, oldest first; none when there is no such file. */
export function lastLinesOf(file: string, count: number): string[] {
  if (!existsSync(file)) return [];
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const from = Math.max(0, size - TAIL);
    const lines = readFrom(handle, from, size).split('\n');
    if (from > 0) lines.shift(); // Very likely half a line.
    return lines.filter((line) => line !== '').slice(-count);
  } finally {
    closeSync(handle);
  }
}

/**
 * Hands over the lines that are added to a file from now on, about twice a second; never holds the process up.
 *
 * @returns the end of it
 */
export function followLog(file: string, onLine: (line: string) => void): () => void {
  let at = 0;
  let half = '';
  const timer = setInterval(function look() {
    if (!existsSync(file)) return;
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      if (size < at) [at, half] = [0, ''];
      if (size === at) return;
      // After a flood of lines only the end of it.
      if (size - at > TAIL) [at, half] = [size - TAIL, ''];
      const lines = (half + readFrom(handle, at, size)).split('\n');
      at = size;
      half = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    } finally {
      closeSync(handle);
    }
  }, 500);
  timer.unref();
  return () => clearInterval(timer);
}

function readFrom(handle: number, from: number, to: number): string {
  const bytes = Buffer.alloc(to - from);
  const read = readSync(handle, bytes, 0, bytes.length, from);
  return bytes.toString('utf8', 0, read);
}

/**
 * A log line in short, when it is one that a person should see now.
 *
 * @returns undefined for anything below a warning, and for lines that are not JSON
 */
export function problemIn(line: string): string | undefined {
  if (!/"level":\s*"?(warn|error|fatal|[456]0\b)/.test(line)) return undefined;
  try {
    const { msg, error, err } = JSON.parse(line) as { msg?: string; error?: unknown; err?: unknown };
    const cause = messageOf(error ?? err);
    return [msg, cause === msg ? undefined : cause].filter((part) => part !== undefined && part !== '').join(': ');
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message).split('\n')[0];
}
