/**
 * Formats a time like `toISOString`: `2026-01-31T23:59:59.000Z`. That function loads ICU's time
 * zones, which are 1.7 MB of resident memory that a service does not need.
 *
 * @param millis Unix milliseconds in a year from 0 to 9999
 */
export function utcTime(millis: number): string {
  const time = new Date(millis);
  const digits = (value: number, count = 2) => String(value).padStart(count, "0");
  const year = digits(time.getUTCFullYear(), 4);
  const date = `${year}-${digits(time.getUTCMonth() + 1)}-${digits(time.getUTCDate())}`;
  const minute = `${digits(time.getUTCHours())}:${digits(time.getUTCMinutes())}`;
  const second = `${digits(time.getUTCSeconds())}.${digits(time.getUTCMilliseconds(), 3)}`;
  return `${date}T${minute}:${second}Z`;
}

/** A time to the minute: `2026-11-29 13:20 UTC`. */
export function utcMinute(millis: number): string {
  return `${utcTime(millis).slice(0, 16).replace("T", " ")} UTC`;
}
