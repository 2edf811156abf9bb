/** One answer to which fields have moved: the labels of `@override(from:, label:)` that are on. */
export interface ActiveLabels {
  /** Tells sets of labels apart; empty when no label is on. */
  readonly key: string;
  /** All labels. */
  readonly conditions: ReadonlyMap<string, boolean>;
}

/**
 * Decides for each request which labels are on: `percent(x)` for x percent of the requests, others for the share that `shares`
 * gives them (none by default). One draw decides about all, so that there are no more sets than labels and one, and with them
 * no more plans: a field that moved for 5 percent of the requests did so for those for which one with 10 percent moved.
 *
 * @param shares in percent, by label
 * @param random at least 0, less than 1
 * @returns undefined when there are no labels
 */
export function createLabelDraw(
  labels: readonly string[],
  shares: Readonly<Record<string, number>> = {},
  random: () => number = Math.random,
): (() => ActiveLabels) | undefined {
  if (labels.length === 0) return undefined;
  const shareOf = new Map(labels.map((label) => [label, percentOf(label) ?? shares[label] ?? 0]));
  const thresholds = [...new Set(shareOf.values())].toSorted((a, b) => a - b);
  const sets = [...thresholds, Infinity].map(function setFrom(least): ActiveLabels {
    const conditions = new Map([...shareOf].map(([label, share]) => [label, share >= least]));
    return { key: [...conditions].flatMap(([label, on]) => (on ? label : [])).join(), conditions };
  });
  return function draw() {
    const drawn = random() * 100;
    const index = thresholds.findIndex((share) => drawn < share);
    return sets[index < 0 ? thresholds.length : index]!;
  };
}

/** `percent(x)`, as composition checks it; other labels are words. */
function percentOf(label: string): number | undefined {
  const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1];
  return percent === undefined ? undefined : Number(percent);
}
