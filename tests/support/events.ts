/** The fields of a `subscribe` line without the time. */
export interface PrintedEvent {
  readonly topic: string;
  readonly table: string | null;
  readonly key: string | null;
  readonly action: string;
  readonly value: unknown;
  readonly unknownAction?: boolean;
}

const VARYING_FIELDS = ["receivedAt", "publisher", "epoch", "seq", "sentAt"] as const;

/**
 * Parses lines that `subscribe` printed, without the fields that differ on each run (time and
 * publisher).
 */
export function printedEvents(lines: readonly string[]): PrintedEvent[] {
  return lines.map((line) => {
    const event = JSON.parse(line);
    for (const name of VARYING_FIELDS) delete event[name];
    return event;
  });
}

/** Lines for `publish --stdin` that create rows in "lport" with the keys p0, p1, and so on. */
export function eventLines(count: number, prefix = "p"): string {
  return Array.from({ length: count }, (_, n) => eventLine(`${prefix}${n}`)).join("");
}

/** A line for `publish --stdin` that creates one row in "lport". */
export function eventLine(key: string): string {
  return `${JSON.stringify({ table: "lport", key, action: "create", value: `row of ${key}` })}\n`;
}
