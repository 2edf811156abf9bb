import type { BusinessClock } from '@cafe-for-me/schema/events';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs a hundred times what using it does. */
function formatIn(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/**
 * The business day that an instant belongs to, on the café's clock: before the cut-off hour it is still the day before.
 *
 * @returns `yyyymmdd`
 */
export function businessDate(instant: Date, { timeZone, dayCutoffHour }: BusinessClock): string {
  const part = Object.fromEntries(
    formatIn(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour', number>;
  const day = new Date(Date.UTC(part.year, part.month - 1, part.day - (part.hour < dayCutoffHour ? 1 : 0)));
  return day.toISOString().slice(0, 10).replaceAll('-', '');
}
