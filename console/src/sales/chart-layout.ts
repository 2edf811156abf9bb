import { scaleBand, scaleLinear } from 'd3-scale';
import type { PeriodSums } from './periods.ts';

/** An upright rectangle; in px from the top left corner. */
interface Box {
  readonly y: number;
  readonly height: number;
}

export interface Bar {
  readonly period: string;
  readonly x: number;
  readonly width: number;
  readonly sold: Box & { readonly below: boolean };
  /** What was ordered, behind it. */
  readonly ordered: Box;
}

export interface ChartLayout {
  readonly bars: readonly Bar[];
  /** Where zero is. */
  readonly zero: number;
  readonly ticks: readonly { readonly y: number; readonly amount: number }[];
  /** The periods that are written below, each at the middle of its bar; how many there is room for. */
  readonly labels: readonly { readonly x: number; readonly period: string }[];
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** The distance from one bar to the next. */
  readonly step: number;
}

const TOP = 10;
const RIGHT = 10;
/** Between two labels below, at least. */
const APART = 10;
/** For a line of labels. */
const BELOW = 26;
/** Of a letter or a digit, and of a Korean letter, at the size of labels; a bit more than most. */
const LETTER = 7.2;
const WIDE_LETTER = 12;

function widthOf(label: string): number {
  return Array.from(label).reduce((so, letter) => so + (letter > '\u2e80' ? WIDE_LETTER : LETTER), 0);
}

export interface ChartSize {
  readonly width: number;
  readonly height: number;
  readonly written: (amount: number) => string;
  readonly named: (period: string) => string;
}

/**
 * Where the bars, lines and labels of a chart go.
 *
 * @param written an amount as it will be written at its line
 * @param named a period as it will be written below its bar
 */
export function layOut(sums: readonly PeriodSums[], { width, height, written, named }: ChartSize): ChartLayout {
  const most = Math.max(0, ...sums.map(({ sold, ordered }) => Math.max(sold, ordered)));
  const least = Math.min(0, ...sums.map(({ sold }) => sold));
  const y = scaleLinear()
    // Without any sale the lines stand for something all the same.
    .domain(most === 0 && least === 0 ? [0, 10_000] : [least, most])
    .nice(4)
    .range([height - BELOW, TOP]);
  const ticks = y
    .ticks(4)
    .filter(Number.isInteger)
    .map((amount) => ({ y: y(amount), amount }));
  const left = Math.ceil(Math.max(...ticks.map(({ amount }) => widthOf(written(amount))))) + 10;
  const label = Math.max(0, ...sums.map(({ period }) => widthOf(named(period))));
  // Room for half of the last label.
  const right = width - Math.max(RIGHT, label / 2);
  const x = scaleBand()
    .domain(sums.map(({ period }) => period))
    .range([left, right])
    .paddingInner(0.28)
    .paddingOuter(0.14);
  const zero = y(0);
  const boxOf = (amount: number): Box => ({ y: Math.min(zero, y(amount)), height: Math.abs(y(amount) - zero) });
  const bars = sums.map((each) => ({
    period: each.period,
    x: x(each.period) ?? left,
    width: x.bandwidth(),
    sold: { ...boxOf(each.sold), below: each.sold < 0 },
    ordered: boxOf(Math.max(0, each.ordered)),
  }));
  const every = Math.max(1, Math.ceil((label + APART) / x.step()));
  const labels = bars
    // Counted from the end: the present one has its label.
    .filter((_, n) => (bars.length - 1 - n) % every === 0)
    .map((bar) => ({ x: bar.x + bar.width / 2, period: bar.period }));
  return { bars, zero, ticks, labels, left, right, bottom: height - BELOW, step: x.step() };
}

/** The place in the list of the bar that is nearest to a point. */
export function nearestBar({ bars, step }: ChartLayout, x: number): number {
  const first = bars[0];
  if (first === undefined) return -1;
  const place = Math.round((x - first.x - first.width / 2) / step);
  return Math.min(bars.length - 1, Math.max(0, place));
}
