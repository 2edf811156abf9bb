/** What was sold of a product; null: from before products were kept. */
export interface Sold {
  readonly product: string | null;
  readonly qty: number;
  /** Won; below zero where more was taken back than sold. */
  readonly sum: number;
}

export interface Ranked extends Sold {
  /** From 1; the same for the same sum. */
  readonly rank: number;
  /** Of the largest sum, 0 to 1: how long its bar is. */
  readonly length: number;
  /** Of all that was sold, 0 to 1; undefined where there is nothing to take a share of. */
  readonly share: number | undefined;
}

/** The products with their ranks, most won first as they came. */
export function rank(products: readonly Sold[]): Ranked[] {
  const most = Math.max(0, ...products.map(({ sum }) => sum));
  const all = products.reduce((so, { sum }) => so + Math.max(0, sum), 0);
  return products.map((product) => ({
    ...product,
    rank: products.findIndex(({ sum }) => sum === product.sum) + 1,
    length: most === 0 ? 0 : Math.max(0, product.sum) / most,
    share: all === 0 || product.sum < 0 ? undefined : product.sum / all,
  }));
}
