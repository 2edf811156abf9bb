import { addUp, businessDayAt, fillPeriods, periodsUntil, rangeOf, rangeOfAll, shiftDay } from './periods.ts';

describe('periods', () => {
  it('step over the ends of months, leap days and years', () => {
    expect(shiftDay('20200228', 1)).toBe('20200229');
    expect(shiftDay('20210228', 1)).toBe('20210301');
    expect(shiftDay('20210101', -1)).toBe('20201231');
  });

  it('are the 30 days that end with today', () => {
    const days = periodsUntil('20210115', 'DAY');
    expect([days.length, days[0], days.at(-1)]).toEqual([30, '20201217', '20210115']);
    expect(new Set(days).size).toBe(30);
    expect(days).toEqual(days.toSorted());
  });

  it('are the 12 months that end with the present one', () => {
    expect(periodsUntil('20210131', 'MONTH')).toEqual([
      '202002',
      '202003',
      '202004',
      '202005',
      '202006',
      '202007',
      '202008',
      '202009',
      '202010',
      '202011',
      '202012',
      '202101',
    ]);
  });

  it('reach from the first to the last day of a month', () => {
    expect(rangeOf('202002')).toEqual({ from: '20200201', to: '20200229' });
    expect(rangeOf('202012')).toEqual({ from: '20201201', to: '20201231' });
    expect(rangeOf('20200514')).toEqual({ from: '20200514', to: '20200514' });
  });

  it('never ask for more days than are summed for one question', () => {
    const { from, to } = rangeOfAll(periodsUntil('20200131', 'MONTH'));
    expect([from, to]).toEqual(['20190201', '20200131']);
    const days = (Date.parse('2020-01-31') - Date.parse('2019-02-01')) / 86_400_000 + 1;
    expect(days).toBeLessThanOrEqual(400);
  });

  it('without sales are zeros, and add up with the others, corrections included', () => {
    const sold = { period: '20200514', ordered: 9000, sold: 6000, canceled: 0, qty: 3, orders: 2 };
    const undone = { period: '20200516', ordered: 0, sold: -2000, canceled: 2000, qty: -1, orders: -1 };
    const filled = fillPeriods(['20200514', '20200515', '20200516'], [undone, sold]);
    expect(filled[1]).toEqual({ period: '20200515', ordered: 0, sold: 0, canceled: 0, qty: 0, orders: 0 });
    expect(addUp(filled)).toEqual({ ordered: 9000, sold: 4000, canceled: 2000, qty: 2, orders: 1 });
  });

  it('begin at the cut-off hour of the café, wherever the browser is', () => {
    expect(businessDayAt(Date.parse('2020-05-14T15:30:00Z'), 'Asia/Seoul', 4)).toBe('20200514');
    expect(businessDayAt(Date.parse('2020-05-14T19:00:00Z'), 'Asia/Seoul', 4)).toBe('20200515');
    expect(businessDayAt(Date.parse('2020-12-31T18:59:59Z'), 'Asia/Seoul', 4)).toBe('20201231');
    expect(businessDayAt(Date.parse('2020-12-31T15:00:00Z'), 'Asia/Seoul', 0)).toBe('20210101');
  });
});
