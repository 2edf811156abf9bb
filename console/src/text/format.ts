import { language } from './language.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = language.value === 'ko' ? 'ko-KR' : 'en-US';
  const key = `${locale} ${timeZone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = new Intl.DateTimeFormat(locale, { timeZone, ...options })));
  return format;
}

/** Newer lists of locales say AM and PM in Korean, where people say 오전 and 오후. */
function withDayPeriod(told: string): string {
  if (language.value !== 'ko') return told;
  return told.replace('AM', '오전').replace('PM', '오후');
}

const currency = new Intl.NumberFormat('ko-KR', {
  style: 'currency',
  currency: 'KRW',
  currencyDisplay: 'narrowSymbol',
});
const plain = new Intl.NumberFormat('en-US');

/** Whole won as ₩2,000, in both languages; below zero as -₩2,000. */
export function won(amount: number): string {
  return currency.format(amount);
}

/** 12,345, in both languages. */
export function count(amount: number): string {
  return plain.format(amount);
}

/** Until the café's own is known: all demo cafés, and the chain, are there. */
export const HOME_ZONE = 'Asia/Seoul';

/** The time of day of an ISO instant on the café's clock: 3:05 PM, 오후 3:05. */
export function timeOfDay(instant: string | Date, timeZone = HOME_ZONE): string {
  return withDayPeriod(dateFormat(timeZone, { hour: 'numeric', minute: '2-digit' }).format(new Date(instant)));
}

/** With seconds, for what changes quickly. */
export function exactTime(instant: string | Date, timeZone = HOME_ZONE): string {
  const format = dateFormat(timeZone, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
  return withDayPeriod(format.format(new Date(instant)));
}

/** Day and time of an ISO instant on the café's clock. */
export function dayAndTime(instant: string | Date, timeZone = HOME_ZONE): string {
  const format = dateFormat(timeZone, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
  return withDayPeriod(format.format(new Date(instant)));
}

/** A business day, yyyymmdd, for people: May 14, 5월 14일; with its year where `withYear`. */
export function businessDay(yyyymmdd: string, withYear = false): string {
  const [, year = '', month = '', day = ''] = /^(\d{4})(\d{2})(\d{2})?$/.exec(yyyymmdd) ?? [];
  const date = new Date(`${year}-${month}-${day === '' ? '01' : day}T00:00:00Z`);
  const options: Intl.DateTimeFormatOptions = {
    month: day === '' ? 'long' : 'short',
    ...(day === '' ? {} : { day: 'numeric' }),
    ...(withYear || day === '' ? { year: 'numeric' } : {}),
  };
  return dateFormat('UTC', options).format(date);
}

/** So many seconds as 9:05, never below 0:00. */
export function minutesAndSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
