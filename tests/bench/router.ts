/**
 * `npm run bench -- router`: gateways over the same subgraphs, in one run and alternating, so that what the machine does
 * besides meets all of them.
 *
 * Each request brings a number of its own, in a variable that reaches the subgraphs and in a header that is passed on to
 * them, so that no answer fits another request. Each connection has a caller of its own, too, and fetches are not shared
 * between requests; what sharing them brings to the requests of one caller is measured apart.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { localDir, root } from '@cafe-for-me/deploy/paths';
import { processorTime } from './cpu.ts';
import { saveResult } from './results.ts';
import { checkAnswer, waitUntilReady } from './router/check-answers.ts';
import { contenders, floorOf, type Contender, type Running, type StartOptions } from './router/contenders.ts';
import { drive } from './router/drive.ts';
import type { Workload } from './router/graph.ts';
import { pinSelf, residentMemory } from './router/processes.ts';
import { profiled } from './router/profile.ts';
import { record } from './router/recorded.ts';
import { disturbed, figuresOf, summaryOf, tables, type Entry, type Measured } from './router/report.ts';
import { CALLERS, prepareSetting, type Setting } from './router/setting.ts';

/** Of the gateway's processor time, for each workload before anything is counted; and how many seconds at most. */
const WARM_UP_SECONDS = 1.8;
const WARM_UP_TURNS = 6;

export interface RouterOptions extends StartOptions {
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  readonly workloads: readonly Workload[];
  /** Names of contenders, or how they begin; empty for all. */
  readonly only: readonly string[];
  readonly json: boolean;
  readonly save: boolean;
}

type Write = (line: string) => void;

interface RunningEntry extends Entry {
  readonly running: Running;
}

/** Runs the benchmark and prints its report. @returns whether all answered rightly */
export async function benchRouter(options: RouterOptions, write: Write): Promise<boolean> {
  const dir = join(localDir, `bench-${process.pid}`);
  await mkdir(dir, { recursive: true });
  if (!pinSelf()) write('without taskset, or a second core, the gateways share theirs with the load');
  const setting = await prepareSetting(dir);
  const running: Running[] = [];
  try {
    const { entries, complete } = await startAll(setting, options, running, write);
    const right = await checkAll(setting, entries, options, write);
    for (const entry of right) await warmUp(setting, entry, options, write);
    for (let round = 1; round <= options.rounds; round++) {
      write(`round ${round} of ${options.rounds}`);
      await measureAll(setting, right, options, round === options.rounds, write);
    }
    const stillRight = await checkAll(setting, right, options, write);
    await report(stillRight, options, write);
    const clean = stillRight.filter(hadNoFailure(write)).length === entries.length;
    return clean && complete;
  } finally {
    await Promise.all(running.map(({ child }) => child.stop()));
    await setting.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** @param started gets every process at once, so that it ends whatever happens */
async function startAll(
  setting: Setting,
  options: RouterOptions,
  started: Running[],
  write: Write,
): Promise<{ entries: RunningEntry[]; complete: boolean }> {
  const entries: RunningEntry[] = [];
  let complete = true;
  async function start(contender: Contender): Promise<Running | undefined> {
    write(`starting ${contender.name}`);
    try {
      const running = await contender.start(setting, options);
      started.push(running);
      await waitUntilReady(setting, running);
      if (isWanted(contender.name, options.only)) {
        entries.push({ contender, running, checked: new Map(), measured: new Map() });
      }
      return running;
    } catch (error) {
      complete = false;
      write(`${contender.name} is left out: ${(error as Error).message}`);
      return undefined;
    }
  }
  for (const contender of contenders.filter(({ name }) => isWanted(name, options.only))) await start(contender);
  if (isWanted('floor', options.only)) {
    const measured = entries.find(({ contender }) => contender.name === 'ours');
    const ours = measured?.running ?? (await start(contenders[0]!));
    if (ours !== undefined) await start(floorOf(await record(setting, ours)));
  }
  return { entries, complete };
}

/** `hive` means all of Hive's. */
function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((one) => name === one || (one === 'hive' && name.startsWith('hive-')));
}

/** @returns those that answer rightly */
async function checkAll(setting: Setting, entries: readonly RunningEntry[], options: RouterOptions, write: Write) {
  const right: RunningEntry[] = [];
  for (const entry of entries) {
    let wrong: string | undefined;
    for (const workload of options.workloads) {
      const checked = await checkAnswer(setting, entry.running, workload);
      entry.checked.set(workload, checked);
      wrong ??= checked.wrong;
    }
    if (wrong === undefined) right.push(entry);
    else write(`${entry.contender.name} is left out, it answers wrongly: ${wrong}`);
  }
  return right;
}

/** Goes on until each workload had its time of the core, so that it is compiled however much else runs beside it. */
async function warmUp(setting: Setting, entry: RunningEntry, options: RouterOptions, write: Write): Promise<void> {
  write(`warming up ${entry.contender.name}`);
  for (const workload of options.workloads) {
    for (let had = 0, turns = 0; had < WARM_UP_SECONDS && turns < WARM_UP_TURNS; turns++) {
      const { busy } = await measure(setting, entry, workload, 1);
      had += busy;
    }
  }
}

async function measureAll(
  setting: Setting,
  entries: readonly RunningEntry[],
  options: RouterOptions,
  last: boolean,
  write: Write,
): Promise<void> {
  for (const workload of options.workloads) {
    for (const entry of entries) {
      const work = () => measure(setting, entry, workload, options.seconds);
      const { name } = entry.contender;
      const file = join(localDir, `${name}-${workload}.cpuprofile`);
      const measured = await (options.profile && last ? profiled(entry.running.child, file, write, work) : work());
      entry.measured.set(workload, [...(entry.measured.get(workload) ?? []), measured]);
      write(`  ${workload} ${name} ${measured.perSecond}`);
    }
  }
}

async function measure(setting: Setting, entry: RunningEntry, workload: Workload, seconds: number): Promise<Measured> {
  const { pid } = entry.running.child;
  const before = await processorTime({ pid });
  const begun = performance.now();
  const report = await drive(driveOptions(setting, entry, workload, seconds));
  const ms = performance.now() - begun;
  const after = await processorTime({ pid });
  const busy = Math.round((((after['pid'] ?? 0) - (before['pid'] ?? 0)) / ms) * 100) / 100;
  return { ...report, busy, memory: await residentMemory(pid) };
}

function driveOptions(
  setting: Setting,
  { contender, running, checked }: RunningEntry,
  workload: Workload,
  seconds: number,
) {
  return {
    target: running.target(workload),
    workload,
    seconds,
    tokens: contender.sharing ? setting.tokens.map(() => setting.tokens[0]!) : setting.tokens,
    answerBytes: checked.get(workload)?.answerBytes ?? 0,
  };
}

function hadNoFailure(write: Write): (entry: Entry) => boolean {
  return ({ contender, measured }) => {
    const failure = [...measured.values()].flat().find(({ failed }) => failed > 0);
    if (failure !== undefined) write(`${contender.name} failed ${failure.failed} times: ${failure.firstFailure}`);
    return failure === undefined;
  };
}

async function report(entries: readonly Entry[], options: RouterOptions, write: Write): Promise<void> {
  const { workloads, seconds, rounds } = options;
  for (const line of tables(entries, workloads)) write(line);
  for (const line of disturbed(entries, workloads)) write(line);
  const summary = summaryOf(entries, workloads);
  write('');
  for (const [workload, ratios] of Object.entries(summary).filter(([, each]) => Object.keys(each).length > 0)) {
    write(
      `${workload}: ${Object.entries(ratios)
        .map(([name, ratio]) => `${name} ${ratio}`)
        .join(', ')}`,
    );
  }
  if (options.save) {
    const figures = Object.fromEntries(
      workloads.map((workload) => [
        workload,
        Object.fromEntries(entries.map((entry) => [entry.contender.name, figuresOf(entry, workload)])),
      ]),
    );
    const file = await saveResult(root, 'router', { ...summary, seconds, rounds, connections: CALLERS, figures });
    write(`written to ${file}`);
  }
  if (options.json) write(JSON.stringify(summary));
}
