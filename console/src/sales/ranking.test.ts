import { rank } from './ranking.ts';

describe('the ranking of products', () => {
  it('gives each its rank, its share, and a bar as long as its sum', () => {
    const ranked = rank([
      { product: 'Latte', qty: 3, sum: 6000 },
      { product: 'Scone', qty: 1, sum: 3000 },
      { product: null, qty: 1, sum: 3000 },
    ]);
    expect(ranked.map(({ rank: place, length, share }) => [place, length, share])).toEqual([
      [1, 1, 0.5],
      [2, 0.5, 0.25],
      [2, 0.5, 0.25],
    ]);
  });

  it('gives what was only taken back neither bar nor share', () => {
    const ranked = rank([
      { product: 'Latte', qty: 1, sum: 2000 },
      { product: 'Scone', qty: -1, sum: -3000 },
    ]);
    expect(ranked[0]).toMatchObject({ length: 1, share: 1 });
    expect(ranked[1]).toMatchObject({ length: 0, share: undefined });
  });

  it('holds nothing but zeros without dividing by them', () => {
    expect(rank([{ product: 'Latte', qty: 0, sum: 0 }])).toEqual([
      { product: 'Latte', qty: 0, sum: 0, rank: 1, length: 0, share: undefined },
    ]);
    expect(rank([])).toEqual([]);
  });
});
