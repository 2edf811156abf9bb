/** Where a Node process spends its time, by its inspector. */
import { writeFile } from 'node:fs/promises';
import type { Child } from '@cafe-for-me/deploy/child';
import { WebSocket } from 'ws';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface Profiler {
  start(): Promise<void>;
  /** Of each thread. */
  stop(): Promise<CpuProfile[]>;
}

type Call = (method: string, params?: object) => Promise<unknown>;

interface Said {
  readonly id?: number;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly message?: string };
}

/**
 * Does some work while a process is watched, and says what it spent its time with.
 *
 * @param child Node with `--inspect=0`
 * @param file gets the profile, for Chrome's developer tools
 */
export async function profiled<T>(
  child: Pick<Child, 'lastLines'>,
  file: string,
  write: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const said = child.lastLines(1000).map((line) => /^Debugger listening on (ws:\S+)/.exec(line)?.[1]);
  const url = said.find((one) => one !== undefined);
  if (url === undefined) return work();
  const profiler = await openProfiler(url);
  await profiler.start();
  const done = await work();
  const profiles = await profiler.stop();
  const profile = profiles.reduce((busiest, one) => (busyTime(one) > busyTime(busiest) ? one : busiest));
  await writeFile(file, JSON.stringify(profile));
  for (const line of ['', file, ...summarize(profile)]) write(line);
  return done;
}

/**
 * Looks into all threads of a process: what serves may be one of them.
 *
 * @param url as Node says it: `Debugger listening on ws://…`
 */
async function openProfiler(url: string): Promise<Profiler> {
  const socket = new WebSocket(url, { maxPayload: 1024 * 1024 * 1024 });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const main = createCalls((text) => socket.send(text));
  const workers = new Map<string, ReturnType<typeof createCalls>>();
  socket.on('message', (data: Buffer) => {
    const said = JSON.parse(data.toString()) as Said;
    const { sessionId = '', message = '' } = said.params ?? {};
    if (said.method === 'NodeWorker.attachedToWorker') {
      workers.set(
        sessionId,
        createCalls((text) => void main.call('NodeWorker.sendMessageToWorker', { sessionId, message: text })),
      );
    } else if (said.method === 'NodeWorker.receivedMessageFromWorker') {
      workers.get(sessionId)?.answered(JSON.parse(message) as Said);
    } else main.answered(said);
  });
  await main.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const threads = [main, ...workers.values()];
  const everywhere = (call: (one: Call) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(threads.map((thread) => call(thread.call)));
  await everywhere((call) => call('Profiler.enable'));
  await everywhere((call) => call('Profiler.setSamplingInterval', { interval: 500 }));
  return {
    async start() {
      await everywhere((call) => call('Profiler.start'));
    },
    async stop() {
      const stopped = await everywhere((call) => call('Profiler.stop'));
      socket.close();
      return stopped.map((one) => (one as { profile: CpuProfile }).profile);
    },
  };
}

/** Calls of the inspector's protocol over one of its sessions. */
function createCalls(send: (text: string) => void): { readonly call: Call; answered(said: Said): void } {
  const waiting = new Map<number, (result: unknown) => void>();
  let calls = 0;
  return {
    call(method, params = {}) {
      calls += 1;
      const id = calls;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        send(JSON.stringify({ id, method, params }));
      });
    },
    answered({ id, result }) {
      if (id !== undefined) waiting.get(id)?.(result);
    },
  };
}

/** Microseconds that a thread neither waited nor spent outside of JavaScript. */
function busyTime({ nodes, samples, timeDeltas }: CpuProfile): number {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  return samples.reduce((sum, id, at) => {
    const name = names.get(id) ?? '';
    return name === '(idle)' || name === '(program)' ? sum : sum + (timeDeltas[at] ?? 0);
  }, 0);
}

/** The packages and the functions that take most of the time that is not idle, each with its share. */
function summarize({ nodes, samples, timeDeltas }: CpuProfile, rows = 45): string[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id);
    const time = timeDeltas[at] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    busy += time;
    const where = placeOf(frame.url);
    const name = `${frame.functionName === '' ? '(anonymous)' : frame.functionName}  ${where.file}:${frame.lineNumber + 1}`;
    add(functions, name, time);
    add(packages, frame.url === '' ? frame.functionName.replace(/^(?!\().*$/, '(native)') : where.group, time);
  }
  const table = (times: ReadonlyMap<string, number>, count: number): string[] =>
    [...times]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(6)} %  ${name}`);
  return ['self time by package', ...table(packages, 20), '', 'self time by function', ...table(functions, rows)];
}

function add(times: Map<string, number>, name: string, time: number): void {
  times.set(name, (times.get(name) ?? 0) + time);
}

function placeOf(url: string): { group: string; file: string } {
  if (url.startsWith('node:')) return { group: 'node', file: url };
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url);
  if (inPackage !== null) return { group: inPackage[1] ?? '', file: `${inPackage[1]}/${inPackage[2]}` };
  const own = /\/([^/]+)\/dist\/(.*)$/.exec(url);
  return own === null ? { group: url, file: url } : { group: `${own[1]}/${own[2]}`, file: `${own[1]}/${own[2]}` };
}
