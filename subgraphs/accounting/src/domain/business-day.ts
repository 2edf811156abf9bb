import type { BusinessClock } from '@cafe-for-me/schema/events';
import { DateTime } from 'luxon';

/** A café's business day as `yyyymmdd`, for example 20200514. */
export type BusinessDate = string;

/** For a café that has not told its clock yet; its events carry their own. */
export const defaultClock: BusinessClock = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };

/**
 * The business day that an instant belongs to: the date on the café's clock, or the date before while the clock shows an
 * hour below the cut-off. Hours are read off the clock, not counted, so a day with 23 or 25 hours begins at its cut-off too.
 *
 * @throws RangeError when the zone is unknown, the hour is not one of 0 to 23, or the instant is none
 */
export function businessDateOf(instant: Date, { timeZone, dayCutoffHour }: BusinessClock): BusinessDate {
  if (!Number.isInteger(dayCutoffHour) || dayCutoffHour < 0 || dayCutoffHour > 23) {
    throw new RangeError(`The cut-off hour must be from 0 to 23, not ${dayCutoffHour}.`);
  }
  const local = DateTime.fromJSDate(instant, { zone: timeZone });
  if (!local.isValid) throw new RangeError(`${local.invalidExplanation ?? 'No business day'}.`);
  // `yyyy` is the calendar year; the year of the week, which differs around New Year, would be `kkkk`.
  return (local.hour < dayCutoffHour ? local.minus({ days: 1 }) : local).toFormat('yyyyMMdd');
}

/** Whether the text is a date of the calendar, as yyyymmdd: 20200229 is, 20210229 is not. */
export function isBusinessDate(text: string): boolean {
  return /^[0-9]{8}$/.test(text) && dateOf(text).isValid;
}

/** How many days a range covers, both ends counted; below 1 when `to` is before `from`. Both must be business dates. */
export function daysFromTo(from: BusinessDate, to: BusinessDate): number {
  return Math.round(dateOf(to).diff(dateOf(from), 'days').days) + 1;
}

function dateOf(date: BusinessDate): DateTime {
  return DateTime.fromFormat(date, 'yyyyMMdd', { zone: 'utc' });
}
