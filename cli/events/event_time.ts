import type { DbUpdate } from "../../service/event/db_update.ts";

/** The flags that choose how times are shown to people. */
export interface TimeFlags {
  readonly utc?: true | undefined;
  readonly delta?: true | undefined;
}

/** Formats milliseconds since 1970 for the first column of a line. */
export type TimeFormat = (millis: number) => string;

/** Formats the time of an event for the first column of a line. */
export type EventTime = (update: DbUpdate) => string;

const MINUTE_MS = 60_000;

/** Local time, or with `--utc` UTC, or with `--delta` the time since the last call. */
export function timeFormat({ utc, delta }: TimeFlags): TimeFormat {
  if (delta) return sinceLast();
  return (millis) => shifted(millis, utc).slice(11, 23) + (utc ? "Z" : "");
}

/** Formats the time at which an event arrived. */
export function arrivalTime(time: TimeFormat): EventTime {
  return ({ timestamp }) => time(timestamp);
}

/** Formats the time at which an event was sent, with the date unless it is today. */
export function sendingTime(time: TimeFormat, flags: TimeFlags): EventTime {
  return (update) => {
    const at = sentAt(update);
    const isToday = flags.delta || dayText(at, flags) === dayText(Date.now(), flags);
    return isToday ? time(at) : `${dayText(at, flags)} ${time(at)}`;
  };
}

/** When an event was sent, in Unix milliseconds, or when it arrived if the event does not say. */
export function sentAt({ origin, timestamp }: DbUpdate): number {
  return origin === undefined ? timestamp : origin.sentAt / 1000;
}

/** A date and time, for use in a sentence. */
export function dateText(millis: number, { utc }: TimeFlags): string {
  return `${dayText(millis, { utc })} ${timeFormat({ utc })(millis)}`;
}

/** The day of a local time, or with `--utc` of a time in UTC: `2026-11-29`. */
export function dayText(millis: number, { utc }: TimeFlags): string {
  return shifted(millis, utc).slice(0, 10);
}

function shifted(millis: number, utc: true | undefined): string {
  const offset = utc ? 0 : new Date(millis).getTimezoneOffset() * MINUTE_MS;
  return new Date(millis - offset).toISOString();
}

const DELTA_WIDTH = 10;

function sinceLast(): TimeFormat {
  let last: number | undefined;
  return (millis) => {
    const passed = millis - (last ?? millis);
    last = millis;
    const sign = passed < 0 ? "-" : "+";
    return `${sign}${(Math.abs(passed) / 1000).toFixed(3)}`.padStart(DELTA_WIDTH);
  };
}
