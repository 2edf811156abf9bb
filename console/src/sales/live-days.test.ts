import { newestDay, withLive } from './live-days.ts';
import type { LiveDay } from './use-live-days.ts';

const day = (businessDate: string, salesSum: number, revision = 1): LiveDay => ({
  businessDate,
  salesSum,
  salesQty: 1,
  orderCount: 1,
  revision,
  updatedAt: '2020-05-14T03:00:00.000Z',
});
const heard = (...days: LiveDay[]): Map<string, LiveDay> => new Map(days.map((one) => [one.businessDate, one]));
const asOf = '2020-05-14T02:59:00.000Z';
const asked = { period: '20200514', ordered: 9000, sold: 4000, canceled: 500, qty: 2, orders: 2 };

describe('live days', () => {
  it('end with the newest, whichever changed last', () => {
    expect(newestDay(heard(day('20200514', 1), day('20200512', 2)))?.businessDate).toBe('20200514');
    expect(newestDay(new Map())).toBeUndefined();
  });

  it('take the place of what was asked for earlier, and are added where nothing was sold before', () => {
    expect(withLive([{ ...asked, asOf }], heard(day('20200514', 6000, 3), day('20200515', 2000)))).toEqual([
      { ...asked, sold: 6000, qty: 1, orders: 1 },
      { period: '20200515', ordered: 0, sold: 2000, canceled: 0, qty: 1, orders: 1 },
    ]);
  });

  it('on which nothing is booked yet change nothing', () => {
    expect(withLive([{ ...asked, asOf }], heard(day('20200514', 0, 0), day('20200515', 0, 0)))).toEqual([asked]);
  });

  it('give way to an answer that knows of something later: the live connection is away', () => {
    const newer = { ...asked, asOf: '2020-05-14T03:00:01.000Z' };
    expect(withLive([newer], heard(day('20200514', 2000, 1)))).toEqual([asked]);
  });
});
