/** The memory of a server, read when it has come to rest. */
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from '../hostile/inspected.ts';
import type { Patience } from './patience.ts';

const LOOK_MS = 500;
/** At rest: looks differ by no more than this. */
const REST_KIB = 256;
const WITHIN_MS = 60_000;

export interface Memory {
  /** Of the process, after a collection of garbage. */
  readonly residentKib: number;
  /** The same before that collection. */
  readonly uncollectedKib: number;
  /** Of the JavaScript heap, in use. */
  readonly heapKib: number;
}

/** The resident memory of a process, from /proc; there is none but on Linux. */
async function residentKib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Waits until the memory does not change any more. */
async function atRest(pid: number, { looks: enough }: Patience): Promise<number> {
  const looks: number[] = [];
  for (const until = performance.now() + WITHIN_MS; performance.now() < until; await wait(LOOK_MS)) {
    looks.push(await residentKib(pid));
    const last = looks.slice(-enough);
    if (last.length === enough && Math.max(...last) - Math.min(...last) <= REST_KIB) break;
  }
  return looks.at(-1) ?? 0;
}

/**
 * Memory of a process at rest.
 *
 * @param inspectorPort where its inspector listens, which collects the garbage
 */
export async function settledMemory(pid: number, inspectorPort: number, patience: Patience): Promise<Memory> {
  const uncollectedKib = await atRest(pid, patience);
  const inspected = await inspect(inspectorPort);
  try {
    const heap = await inspected.heap();
    return { residentKib: await atRest(pid, patience), uncollectedKib, heapKib: Math.round(heap / 1024) };
  } finally {
    inspected.close();
  }
}
