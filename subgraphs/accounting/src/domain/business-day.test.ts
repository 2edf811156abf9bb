import { businessDateOf, daysFromTo, isBusinessDate } from './business-day.ts';

const seoul = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };
const newYork = { timeZone: 'America/New_York', dayCutoffHour: 4 };
const berlin = { timeZone: 'Europe/Berlin', dayCutoffHour: 3 };

describe('the business day of an instant', () => {
  it.each([
    ['at noon it is the date on the clock', '2020-05-14T12:00:00+09:00', seoul, '20200514'],
    [
      'half past midnight belongs to the day before when the cut-off is at four',
      '2020-05-15T00:30:00+09:00',
      seoul,
      '20200514',
    ],
    [
      'the last millisecond before the cut-off belongs to the day before',
      '2020-05-15T03:59:59.999+09:00',
      seoul,
      '20200514',
    ],
    ['the cut-off itself begins the day', '2020-05-15T04:00:00+09:00', seoul, '20200515'],
    [
      'with the cut-off at midnight half past midnight is the new day',
      '2020-05-15T00:30:00+09:00',
      { ...seoul, dayCutoffHour: 0 },
      '20200515',
    ],
    ["the café's clock counts, not UTC's", '2020-05-14T20:00:00Z', seoul, '20200515'],
    ['31 December stays in its year', '2020-12-31T12:00:00+09:00', seoul, '20201231'],
    ['30 December 2024, in week 1 of 2025, stays in its year', '2024-12-30T12:00:00+09:00', seoul, '20241230'],
    ['the night of New Year belongs to the old year', '2021-01-01T01:00:00+09:00', seoul, '20201231'],
    ['1 January begins at the cut-off', '2021-01-01T04:00:00+09:00', seoul, '20210101'],
    ['29 February is a day of a leap year', '2020-03-01T02:00:00+09:00', seoul, '20200229'],
    ['when the clock springs forward, 3:59 is still the day before', '2021-03-14T07:59:00Z', newYork, '20210313'],
    ['when the clock springs forward, the day begins when it shows four', '2021-03-14T08:00:00Z', newYork, '20210314'],
    ['when the clock falls back, its second 1:30 is still the day before', '2021-11-07T06:30:00Z', newYork, '20211106'],
    ['when the clock falls back, the day begins when it shows four', '2021-11-07T09:00:00Z', newYork, '20211107'],
    [
      'when three is the hour that the clock skips to, the day begins with it',
      '2021-03-28T01:00:00Z',
      berlin,
      '20210328',
    ],
    ['just before that it is the day before', '2021-03-28T00:59:59Z', berlin, '20210327'],
    ['the second time the clock shows 2:59 it is still the day before', '2021-10-31T01:59:00Z', berlin, '20211030'],
  ])('%s', (_, instant, clock, day) => {
    expect(businessDateOf(new Date(instant), clock)).toBe(day);
  });

  it('refuses a zone that nobody knows, an hour that no clock shows, and an instant that is none', () => {
    expect(() => businessDateOf(new Date(), { timeZone: 'Asia/Atlantis', dayCutoffHour: 4 })).toThrow(RangeError);
    expect(() => businessDateOf(new Date(), { timeZone: 'Asia/Seoul', dayCutoffHour: 24 })).toThrow(RangeError);
    expect(() => businessDateOf(new Date(), { timeZone: 'Asia/Seoul', dayCutoffHour: 3.5 })).toThrow(RangeError);
    expect(() => businessDateOf(new Date('no instant'), seoul)).toThrow(RangeError);
  });
});

describe('a business date', () => {
  it.each(['20200514', '20200229', '20201231', '19990101'])('%s is one', (text) => {
    expect(isBusinessDate(text)).toBe(true);
  });

  it.each([
    '20210229',
    '20201301',
    '20200532',
    '2020051',
    '202005140',
    '2020-05-14',
    '',
    'yesterday',
    '20200514\n',
    '２０２００５１４',
  ])('%j is none', (text) => {
    expect(isBusinessDate(text)).toBe(false);
  });

  it('counts the days of a range with both ends, over leap days and changes of the clock', () => {
    expect(daysFromTo('20200514', '20200514')).toBe(1);
    expect(daysFromTo('20200228', '20200301')).toBe(3);
    expect(daysFromTo('20200101', '20201231')).toBe(366);
    expect(daysFromTo('20200514', '20200513')).toBe(0);
  });
});
