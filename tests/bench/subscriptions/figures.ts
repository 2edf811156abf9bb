/** Figures of several runs: the one in the middle, and how far they lie apart. */

export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A line of the report: what was measured of ours, beside a baseline of the same run. */
export interface Row {
  readonly name: string;
  readonly unit: 'KiB' | 'ms' | 'versions';
  readonly ours: Figure;
  /** What ours is compared with: the stock server, and what it can't be better than. */
  readonly stock?: Figure;
  readonly floor?: Figure;
  /** At most. */
  readonly aim?: number;
}

/** @throws when there are none */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (least === undefined || median === undefined || most === undefined) throw new Error('Nothing was measured.');
  return { median: rounded(median), least: rounded(least), most: rounded(most) };
}

/** The table for a person. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = rows.map(({ name, unit, ours, stock, floor, aim }) => [
    `${name}, ${unit}`,
    shown(ours),
    aim === undefined ? '' : `${aim}${ours.median <= aim ? '' : ' (not met)'}`,
    ...beside(ours, stock),
    ...beside(ours, floor),
  ]);
  const all = [['', 'ours (least–most)', 'aim', 'stock', 'ours/stock', 'floor', 'ours/floor'], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function beside(ours: Figure, other: Figure | undefined): [string, string] {
  return other === undefined ? ['', ''] : [shown(other), `${rounded(ours.median / other.median)}`];
}

function shown({ median, least, most }: Figure): string {
  if (Number.isNaN(median)) return 'never';
  return least === most ? `${median}` : `${median} (${least}–${most})`;
}

function rounded(value: number): number {
  const digits = Math.abs(value) < 10 ? 100 : 10;
  return Math.round(value * digits) / digits;
}
