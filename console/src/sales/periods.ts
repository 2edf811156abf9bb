/** Calendar arithmetic with business days (yyyymmdd) and months (yyyymm). It knows no time zone: days are as the café cut them. */

export type Grouping = 'DAY' | 'MONTH';

/** A stretch of business days, both ends counted. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** What a day or a month came to; money in won. */
export interface PeriodSums {
  /** yyyymmdd or yyyymm. */
  readonly period: string;
  /** What was ordered and paid, accepted or not. */
  readonly ordered: number;
  /** Sales less corrections. */
  readonly sold: number;
  /** The corrections alone, as a positive sum. */
  readonly canceled: number;
  readonly qty: number;
  readonly orders: number;
}

/** So many are charted. */
const DAYS = 30;
const MONTHS = 12;

const dateOf = (day: string): Date =>
  new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8))));

const dayOf = (date: Date): string => date.toISOString().slice(0, 10).replaceAll('-', '');

/** The day so many days later, or earlier where `days` is below zero. */
export function shiftDay(day: string, days: number): string {
  const date = dateOf(day);
  date.setUTCDate(date.getUTCDate() + days);
  return dayOf(date);
}

function shiftMonth(month: string, months: number): string {
  const count = Number(month.slice(0, 4)) * 12 + Number(month.slice(4, 6)) - 1 + months;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}${String((count % 12) + 1).padStart(2, '0')}`;
}

/** The periods that end with today's, oldest first: 30 days, or 12 months. */
export function periodsUntil(today: string, grouping: Grouping): string[] {
  return grouping === 'DAY'
    ? Array.from({ length: DAYS }, (_, n) => shiftDay(today, n + 1 - DAYS))
    : Array.from({ length: MONTHS }, (_, n) => shiftMonth(today.slice(0, 6), n + 1 - MONTHS));
}

/** The business days of a day or a month. */
export function rangeOf(period: string): Range {
  if (period.length === 8) return { from: period, to: period };
  return { from: `${period}01`, to: shiftDay(`${shiftMonth(period, 1)}01`, -1) };
}

/** The business days from the first to the last of some periods. */
export function rangeOfAll(periods: readonly string[]): Range {
  return { from: rangeOf(periods[0] ?? '').from, to: rangeOf(periods.at(-1) ?? '').to };
}

/** The sums of each period, zeros where nothing was sold. */
export function fillPeriods(periods: readonly string[], known: readonly PeriodSums[]): PeriodSums[] {
  const byPeriod = new Map(known.map((sums) => [sums.period, sums]));
  return periods.map(
    (period) => byPeriod.get(period) ?? { period, ordered: 0, sold: 0, canceled: 0, qty: 0, orders: 0 },
  );
}

/** All of them together. */
export function addUp(all: readonly PeriodSums[]): Omit<PeriodSums, 'period'> {
  const sum = (field: Exclude<keyof PeriodSums, 'period'>): number => all.reduce((so, each) => so + each[field], 0);
  return {
    ordered: sum('ordered'),
    sold: sum('sold'),
    canceled: sum('canceled'),
    qty: sum('qty'),
    orders: sum('orders'),
  };
}

/** The business day of an instant: the date on the café's clock, or the one before while it is earlier than the cut-off hour. */
export function businessDayAt(instant: number, timeZone: string, dayCutoffHour: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(instant));
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const date = `${part('year')}${part('month')}${part('day')}`;
  return Number(part('hour')) < dayCutoffHour ? shiftDay(date, -1) : date;
}
