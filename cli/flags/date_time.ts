const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:?\d\d)?$/i;

/** Help text about times without a zone, for each command with such a flag. */
export const DATE_HELP = "A date or time without a zone, such as 2026-11-29, is local time.\n";

/**
 * Parses a date, or a date and a time, in ISO 8601. Without a zone it is local time; without a
 * time it is the beginning of the day.
 *
 * @returns Unix milliseconds; undefined if the text is not a date that exists
 */
export function parseDateTime(text: string): number | undefined {
  const [, day, time = "00:00", zone = ""] = DATE_TIME.exec(text) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  const millis = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(millis) ? undefined : millis;
}

/** Whether the calendar has this day: `Date.parse` reads 2026-11-31 as the first of December. */
function isDay(day: string): boolean {
  const millis = Date.parse(day);
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(day);
}
