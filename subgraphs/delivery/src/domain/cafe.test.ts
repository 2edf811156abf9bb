import { businessDate } from './business-day.ts';
import { decideMenuItem, decideOpen, waitMinutes, type Cafe } from './cafe.ts';
import { pickupCode, PICKUP_ALPHABET } from './pickup-code.ts';

const seoul = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };

describe('a business day', () => {
  it.each([
    ['2020-05-13T15:30:00Z', '20200513', 'half past midnight is still the day before'],
    ['2020-05-13T18:59:59.999Z', '20200513', 'the last moment before the cut-off too'],
    ['2020-05-13T19:00:00Z', '20200514', 'at the cut-off the day begins'],
    ['2020-12-31T14:59:59Z', '20201231', 'the last evening of the year is in the right year'],
    ['2020-12-31T16:00:00Z', '20201231', 'and so is the night after it'],
    ['2020-12-31T19:00:00Z', '20210101', 'until the new year is open'],
  ])('%s is %s: %s', (instant, day) => {
    expect(businessDate(new Date(instant), seoul)).toBe(day);
  });

  it('is the calendar day where nothing is cut off, wherever the café is', () => {
    const instant = new Date('2020-03-08T07:30:00Z');
    expect(businessDate(instant, { timeZone: 'America/New_York', dayCutoffHour: 0 })).toBe('20200308');
    expect(businessDate(instant, { timeZone: 'America/New_York', dayCutoffHour: 4 })).toBe('20200307');
    expect(businessDate(instant, { timeZone: 'UTC', dayCutoffHour: 0 })).toBe('20200308');
  });
});

describe('a café', () => {
  const item = { product: 'IceAmericano', price: 2000, available: true };
  const cafe: Cafe = { id: '92', name: 'Café', open: true, ...seoul, version: 2, menu: [item] };

  it('has nothing to tell when it is so already', () => {
    expect(decideOpen(cafe, true)).toBeNull();
    expect(decideMenuItem(cafe, item)).toBeNull();
  });

  it('tells that it closed with all that there is to know of it', () => {
    expect(decideOpen(cafe, false)).toEqual({ type: 'CafeSaved', data: { name: 'Café', open: false, ...seoul } });
  });

  it('tells a changed price, a sold-out mark and a new product', () => {
    for (const changed of [
      { ...item, price: 0 },
      { ...item, available: false },
      { ...item, product: '🧋' },
    ]) {
      expect(decideMenuItem(cafe, changed)).toEqual({ type: 'MenuItemSaved', data: changed });
    }
  });

  it.each([
    [0, 5],
    [1, 7],
    [10, 20],
    [1000, 120],
  ])('with %i orders ahead lets a new one wait %i minutes', (queueLength, minutes) => {
    expect(waitMinutes(queueLength)).toBe(minutes);
  });
});

describe('a pickup code', () => {
  it('has three characters that nobody mistakes for one another', () => {
    expect(PICKUP_ALPHABET).not.toMatch(/[0O1IL]/);
    expect(new Set(PICKUP_ALPHABET).size).toBe(PICKUP_ALPHABET.length);
    const drawn = [0, 30, 15];
    expect(pickupCode(() => drawn.shift() ?? 0)).toBe('2ZH');
  });
});
