/** Where the processor's time goes, read from /proc; empty where there is none. */
import { readdir, readFile } from 'node:fs/promises';

/** The kernel's unit of these figures, on every Linux that Node runs on. */
const TICK_MS = 10;

interface Times {
  readonly parent: number;
  /** Of the process and of its children that have ended. */
  readonly ms: number;
}

async function allTimes(): Promise<Map<number, Times>> {
  const times = new Map<number, Times>();
  const entries = await readdir('/proc').catch(() => []);
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // The command in brackets may hold anything; the fields are counted from behind it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
    if (stat !== '') times.set(Number(entry), { parent, ms: ticks * TICK_MS });
  }
  return times;
}

/**
 * Milliseconds of processor time so far, by name; children count with their parent (PostgreSQL's backends with the server).
 *
 * @param pids the process of each name
 */
export async function processorTime(pids: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const times = await allTimes();
  const named = new Set(Object.values(pids));
  function withChildren(pid: number): number {
    let sum = times.get(pid)?.ms ?? 0;
    for (const [child, { parent }] of times) {
      if (parent === pid && !named.has(child)) sum += withChildren(child);
    }
    return sum;
  }
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, withChildren(pid)]));
}

/** The time between two readings, per unit of work, largest first. */
export function perUnit(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  units: number,
): [string, number][] {
  return Object.entries(after)
    .map(([name, ms]): [string, number] => [name, (ms - (before[name] ?? 0)) / units])
    .toSorted(([, a], [, b]) => b - a);
}
