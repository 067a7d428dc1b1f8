const UNITS = [["G", 1e9], ["M", 1e6]] as const;

/** A number in at most 7 characters: 0.123, 12.3, 123, 123,456, 12.3M. */
export function countText(value: number): string {
  for (const [unit, size] of UNITS) {
    if (value >= size) {
      return `${Math.min(99_999, value / size).toFixed(value < 100 * size ? 1 : 0)}${unit}`;
    }
  }
  if (value < 100) return String(Number(value.toPrecision(3)));
  return String(Math.round(value)).replace(/(?=(\d{3})$)/, value < 999.5 ? "" : ",");
}

/** A time in milliseconds; "-" if it was not measured. */
export function millisText(value: number | null | undefined): string {
  return value === null || value === undefined ? "-" : `${countText(value)} ms`;
}

/** A number with a noun: `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Seconds with a readable unit. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.min(99_999, Math.floor(seconds / 86_400))} d`;
}
