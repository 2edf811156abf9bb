/** What came out: tables for a person, figures for a program. */
import type { Checked } from './check-answers.ts';
import type { Contender } from './contenders.ts';
import type { DriveReport } from './drive.ts';
import type { Workload } from './graph.ts';

export interface Measured extends DriveReport {
  /** Of its core's time that the gateway used, from 0 to 1. */
  readonly busy: number;
  /** MiB. */
  readonly memory: number | undefined;
}

export interface Entry {
  readonly contender: Contender;
  readonly checked: Map<Workload, Checked>;
  readonly measured: Map<Workload, Measured[]>;
}

/** What is told of one gateway at one workload. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly memory: number | undefined;
  readonly busy: number;
  readonly fetches: number;
  readonly subgraphBytes: number;
}

type Names = 'heavy' | 'medium' | 'trivial';

export type Summary = Readonly<Partial<Record<Names, Readonly<Record<string, number>>>>>;

/** Of several rounds the one in the middle, by requests per second. */
export function figuresOf({ checked, measured }: Entry, workload: Workload): Figures | undefined {
  const rounds = (measured.get(workload) ?? []).toSorted((a, b) => a.perSecond - b.perSecond);
  const middle = rounds[Math.floor(rounds.length / 2)];
  const seen = checked.get(workload);
  if (middle === undefined || seen === undefined) return undefined;
  const { perSecond, p50, p99, memory, busy } = middle;
  return { perSecond, p50, p99, memory, busy, fetches: seen.fetches, subgraphBytes: seen.subgraphBytes };
}

/** How many times as fast ours is as the others; toFloor: which part of the floor it reaches. Without sharing. */
export function summaryOf(entries: readonly Entry[], workloads: readonly Workload[]): Summary {
  return Object.fromEntries(
    workloads.map((workload) => {
      const rate = (name: string): number | undefined => {
        const entry = entries.find(({ contender }) => contender.name === name);
        return entry === undefined ? undefined : figuresOf(entry, workload)?.perSecond;
      };
      const ours = rate('ours');
      const ratios = Object.entries({
        xStock: 'stock',
        xHiveRust: 'hive-rust',
        xMercurius: 'mercurius',
        toFloor: 'floor',
      })
        .map(([key, name]): [string, number | undefined] => [key, rate(name)])
        .flatMap(([key, other]) =>
          ours === undefined || other === undefined ? [] : [[key, round(ours / other)] as const],
        );
      return [workload, Object.fromEntries(ratios)];
    }),
  );
}

/** A table for each workload. */
export function tables(entries: readonly Entry[], workloads: readonly Workload[]): string[] {
  return workloads.flatMap((workload) => {
    const answer = entries[0]?.checked.get(workload);
    const group = (sharing: boolean): string[] =>
      entries.filter(({ contender }) => contender.sharing === sharing).flatMap((entry) => row(entry, workload));
    const sharing = group(true);
    const head = ['', `${workload}: an answer of ${answer?.answerBytes ?? 0} bytes`, header];
    const below = sharing.length === 0 ? [] : ['  with fetches shared between the requests of one caller:', ...sharing];
    return [...head, ...group(false), ...below];
  });
}

/** Below this share of its core something else took the time, or the load was too small. */
const ENOUGH_BUSY = 0.9;

/** A warning where figures are lower than they would be on a quiet machine. */
export function disturbed(entries: readonly Entry[], workloads: readonly Workload[]): string[] {
  const names = entries
    .filter((entry) =>
      workloads.some((workload) => {
        const busy = figuresOf(entry, workload)?.busy ?? 0;
        // 0: it can't be known here.
        return busy > 0 && busy < ENOUGH_BUSY;
      }),
    )
    .map(({ contender }) => contender.name);
  return names.length === 0
    ? []
    : ['', `Not all of the core was theirs, so their figures are too low: ${names.join(', ')}`];
}

const header = line('', ['req/s', 'p50 ms', 'p99 ms', 'MiB', 'busy', 'per busy s', 'fetches', 'subgraph bytes']);

function row(entry: Entry, workload: Workload): string[] {
  const figures = figuresOf(entry, workload);
  if (figures === undefined) return [];
  const { perSecond, p50, p99, memory, busy, fetches, subgraphBytes } = figures;
  // Where something else runs beside it, this says what it would have done alone.
  const perBusySecond = busy === 0 ? '-' : Math.round(perSecond / busy);
  const cells = [
    perSecond.toFixed(perSecond < 1000 ? 1 : 0),
    p50.toFixed(2),
    p99.toFixed(2),
    memory ?? '-',
    busy.toFixed(2),
    perBusySecond,
  ];
  return [line(entry.contender.title, [...cells, fetches, subgraphBytes])];
}

function line(title: string, cells: readonly (string | number)[]): string {
  return `  ${title.padEnd(34)}${cells.map((cell) => String(cell).padStart(10)).join(' ')}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
