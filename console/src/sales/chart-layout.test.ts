import { layOut, nearestBar } from './chart-layout.ts';
import { fillPeriods, periodsUntil, type PeriodSums } from './periods.ts';

const written = (amount: number): string => `₩${amount}`;
const size = { width: 800, height: 300, written, named: (period: string): string => period.slice(4) };

function sumsOf(...sold: number[]): PeriodSums[] {
  return sold.map((won, n) => ({ period: `2020051${n}`, ordered: 0, sold: won, canceled: 0, qty: 0, orders: 0 }));
}

describe('the layout of the chart', () => {
  it('makes bars as high as their sums, all on the line of zero', () => {
    const { bars, zero } = layOut(sumsOf(1000, 2000, 0), size);
    const [one, two, none] = bars.map(({ sold }) => sold);
    expect(two!.height).toBeCloseTo(one!.height * 2);
    expect(none!.height).toBe(0);
    expect(one!.y + one!.height).toBeCloseTo(zero);
  });

  it('lets a day of corrections hang below the line', () => {
    const { bars, zero, bottom } = layOut(sumsOf(4000, -2000), size);
    expect(bars[1]!.sold).toMatchObject({ below: true, y: zero });
    expect(bars[1]!.sold.height).toBeGreaterThan(0);
    expect(bars[1]!.sold.y + bars[1]!.sold.height).toBeLessThanOrEqual(bottom);
    expect(bars[0]!.sold.below).toBe(false);
  });

  it('stays within its frame, however large the sums are and however narrow it is', () => {
    for (const width of [300, 640, 1600]) {
      const { bars, left, right, bottom, ticks } = layOut(sumsOf(9_007_199_254_740_991, 1, -5_000_000_000), {
        ...size,
        width,
      });
      for (const { x, width: wide, sold } of bars) {
        expect(x).toBeGreaterThanOrEqual(left);
        expect(x + wide).toBeLessThanOrEqual(right + 0.001);
        expect(sold.y).toBeGreaterThanOrEqual(0);
        expect(sold.y + sold.height).toBeLessThanOrEqual(bottom + 0.001);
      }
      expect(ticks.some(({ amount }) => amount === 0)).toBe(true);
    }
  });

  it('draws lines for whole won alone, also without any sale', () => {
    const empty = layOut(fillPeriods(periodsUntil('20200514', 'DAY'), []), size);
    expect(empty.bars).toHaveLength(30);
    expect(empty.ticks.length).toBeGreaterThan(1);
    for (const { amount } of layOut(sumsOf(1, 2), size).ticks) expect(Number.isInteger(amount)).toBe(true);
  });

  it('labels as many periods as there is room for, the last one always', () => {
    const sums = fillPeriods(periodsUntil('20200514', 'DAY'), []);
    const wide = layOut(sums, { ...size, width: 2400 });
    const narrow = layOut(sums, { ...size, width: 320 });
    expect(wide.labels).toHaveLength(30);
    expect(narrow.labels.length).toBeLessThan(8);
    for (const { labels } of [wide, narrow]) expect(labels.at(-1)?.period).toBe('20200514');
  });

  it('keeps labels apart and within the frame, however long and in whatever script they are', () => {
    const sums = fillPeriods(periodsUntil('20200514', 'MONTH'), []);
    for (const [name, letter] of [
      ['December 2020', 7],
      ['2020년 12월', 12],
    ] as const) {
      for (const width of [300, 640, 1600]) {
        const { labels } = layOut(sums, { ...size, width, named: () => name });
        const half = (name.length * letter) / 2;
        labels.forEach(({ x }, n) => expect(x - (labels[n - 1]?.x ?? 0)).toBeGreaterThan(n === 0 ? 0 : half * 1.5));
        expect(labels.at(-1)!.x + half * 0.8).toBeLessThanOrEqual(width);
      }
    }
  });

  it('finds the bar that a finger means, at the edges, too', () => {
    const layout = layOut(sumsOf(1, 2, 3, 4), size);
    layout.bars.forEach(({ x, width }, n) => expect(nearestBar(layout, x + width / 2)).toBe(n));
    expect(nearestBar(layout, -50)).toBe(0);
    expect(nearestBar(layout, 5000)).toBe(3);
    expect(nearestBar(layOut([], size), 5)).toBe(-1);
  });
});
