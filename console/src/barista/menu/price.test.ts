import { priceOf } from './price.ts';

describe('a price that is typed', () => {
  it.each([
    ['2000', 2_000],
    ['₩2,000', 2_000],
    [' 10 000 000 원 ', 10_000_000],
    ['0', 0],
  ])('%s is won', (typed, price) => {
    expect(priceOf(typed)).toBe(price);
  });

  it.each(['', '-1', '2.5', '10000001', '1e3', 'two'])('%s is none', (typed) => {
    expect(priceOf(typed)).toBeUndefined();
  });
});
