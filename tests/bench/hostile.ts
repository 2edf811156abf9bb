/**
 * `npm run bench -- hostile`: requests whose subgraph answers in every broken way there is. All must be answered as they
 * should, and the router's memory must not grow.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@cafe-for-me/deploy/free-port';
import { localDir, root } from '@cafe-for-me/deploy/paths';
import { Pool } from 'undici';
import { hostileModes, type HostileMode } from './hostile/answers.ts';
import { QUERY, wrongIn } from './hostile/check.ts';
import { inspect } from './hostile/inspected.ts';
import { startAttackedRouter, type AttackedRouter } from './hostile/router.ts';
import { startHostileSubgraphs } from './hostile/subgraphs.ts';
import { saveResult } from './results.ts';
import { residentMemory } from './router/processes.ts';

const CLIENTS = 50;
/** Memory is looked at so often, with nothing in flight. */
const SAMPLES = 30;
/** For one request to the subgraph. */
const TIMEOUT_MS = 250;
/** One in so many requests gets what is dear to answer. */
const HEAVY_EVERY = 500;
/** What the heap may have grown from the first third to the last. */
const HEAP_GROWTH_MIB = 2;
/** Of the whole process: a third of it more would be a leak outside of the heap. */
const MEMORY_GROWTH = 1.15;

export interface HostileOptions {
  readonly requests: number;
  readonly routerFile: string;
  readonly json: boolean;
  readonly save: boolean;
}

interface Sample {
  readonly requests: number;
  readonly heapMib: number;
  readonly memoryMib: number;
}

interface Counts {
  readonly wrong: Map<string, number>;
  /** Answers of the subgraph that took longer than the time-out, which is the machine's doing. */
  late: number;
}

/** @returns whether all was as it should be */
export async function benchHostile(options: HostileOptions, write: (line: string) => void): Promise<boolean> {
  const dir = join(localDir, `bench-${process.pid}`);
  await mkdir(dir, { recursive: true });
  const subgraphs = await startHostileSubgraphs();
  const inspectorPort = await freePort();
  let router: AttackedRouter | undefined;
  try {
    router = await startAttackedRouter({
      file: options.routerFile,
      dir,
      sdl: subgraphs.sdl,
      timeoutMs: TIMEOUT_MS,
      // The choice has the router serve in the main thread, which is what the inspector looks at.
      nodeArguments: [`--inspect=127.0.0.1:${inspectorPort}`, '--max-semi-space-size=64'],
    });
    const { samples, counts, seconds } = await attack(router, inspectorPort, options.requests, write);
    return await report(options, { samples, counts, seconds }, write);
  } finally {
    await router?.child.stop();
    await subgraphs.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function attack(
  { child, origin }: AttackedRouter,
  inspectorPort: number,
  requests: number,
  write: (line: string) => void,
) {
  const pool = new Pool(origin, { connections: CLIENTS });
  const inspected = await inspect(inspectorPort);
  const light = hostileModes.filter(({ heavy }) => heavy === undefined);
  const heavy = hostileModes.filter((mode) => mode.heavy === true);
  const counts: Counts = { wrong: new Map(), late: 0 };
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let sent = 0;

  function next(): HostileMode {
    sent += 1;
    const modes = sent % HEAVY_EVERY === 0 ? heavy : light;
    return modes[sent % modes.length]!;
  }

  async function ask(mode: HostileMode): Promise<void> {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY, variables: { mode: mode.name } }),
    });
    const text = await body.text();
    const wrong = wrongIn(mode, statusCode, text);
    if (wrong === undefined) return;
    if (
      text.includes('"SUBREQUEST_TIMEOUT"') &&
      wrongIn({ ...mode, outcome: 'partly' }, statusCode, text) === undefined
    ) {
      counts.late += 1;
      return;
    }
    const known = counts.wrong.get(mode.name);
    if (known === undefined) write(`${mode.name}: ${wrong}`);
    counts.wrong.set(mode.name, (known ?? 0) + 1);
  }

  async function client(until: number): Promise<void> {
    while (sent < until) await ask(next());
  }

  for (let sample = 1; sample <= SAMPLES; sample++) {
    const until = Math.round((requests * sample) / SAMPLES);
    await Promise.all(Array.from({ length: CLIENTS }, () => client(until)));
    const heapMib = Math.round(((await inspected.heap()) / 2 ** 20) * 100) / 100;
    const memoryMib = (await residentMemory(child.pid)) ?? 0;
    samples.push({ requests: sent, heapMib, memoryMib });
    write(`${sent}\theap ${heapMib} MiB\tprocess ${memoryMib} MiB`);
  }
  inspected.close();
  await pool.close();
  return { samples, counts, seconds: Math.round((performance.now() - startedAt) / 1000) };
}

async function report(
  { json, save }: HostileOptions,
  { samples, counts, seconds }: { samples: readonly Sample[]; counts: Counts; seconds: number },
  write: (line: string) => void,
): Promise<boolean> {
  const third = Math.floor(samples.length / 3);
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  const heapMib = [first, last].map((part) => median(part.map((sample) => sample.heapMib)));
  const memoryMib = [first, last].map((part) => median(part.map((sample) => sample.memoryMib)));
  const wrong = [...counts.wrong.values()].reduce((sum, count) => sum + count, 0);
  const isFlat = heapMib[1]! <= heapMib[0]! + HEAP_GROWTH_MIB && memoryMib[1]! <= memoryMib[0]! * MEMORY_GROWTH;
  const summary = {
    requests: samples.at(-1)?.requests ?? 0,
    ways: hostileModes.length,
    wrong,
    late: counts.late,
    heapMib: { firstThird: heapMib[0], lastThird: heapMib[1] },
    memoryMib: { firstThird: memoryMib[0], lastThird: memoryMib[1] },
    isFlat,
    seconds,
  };
  write('');
  write(`${summary.requests} requests, answered by a subgraph in ${summary.ways} broken ways, within ${seconds} s`);
  write(`answered wrongly: ${wrong}; too late, because the machine was busy: ${counts.late}`);
  write(`heap after collecting garbage, median: ${heapMib[0]} MiB in the first third, ${heapMib[1]} MiB in the last`);
  write(`memory of the process, median: ${memoryMib[0]} MiB in the first third, ${memoryMib[1]} MiB in the last`);
  write(isFlat ? 'memory is flat' : 'MEMORY GROWS');
  if (save) write(`saved to ${await saveResult(root, 'hostile', { ...summary, samples })}`);
  if (json) write(JSON.stringify(summary));
  return wrong === 0 && isFlat;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
