import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Explains `<duration>`, for the help of each command that has such a flag. */
export const DURATION_HELP = `
A duration is a number of seconds, or a number with a unit: 800us, 250ms, 5s, 2m, 2h, 1d.
`;

const MS_OF_UNIT: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest that a timer of this runtime runs is 24 days and some hours. */
const MAX_WAIT_DAYS = 24;

/**
 * Parses a duration: a number of seconds, or a number with a unit.
 *
 * @returns milliseconds, 0 or more; undefined when the text is not a duration
 */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = "s"] = /^(\d*\.?\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  const factor = MS_OF_UNIT[unit];
  const ms = Number(number) * (factor ?? NaN);
  return Number.isFinite(ms) ? ms : undefined;
}

/** Parses a flag's duration above 0. @returns milliseconds */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError(
    "wanted a duration above 0, in seconds or with a unit, as 5, 250ms, 2m, 2h or 1d",
  );
}

/** Parses a flag's age: a duration that nothing waits for, without an upper limit. @returns seconds */
export function age(text: string): number {
  return durationMs(text) / 1000;
}

/** Parses a flag's time to wait, above 0 and at most 24 days. @returns seconds */
export function duration(text: string): number {
  const ms = durationMs(text);
  if (ms > MAX_WAIT_DAYS * 86_400_000) {
    throw new InvalidArgumentError(`wanted at most ${MAX_WAIT_DAYS}d`);
  }
  return ms / 1000;
}

/** Parses a flag's time to wait, which may also be 0. @returns seconds */
export function durationOrZero(text: string): number {
  return parseDuration(text) === 0 ? 0 : duration(text);
}
