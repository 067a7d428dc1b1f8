/** What `subscribe` prints of an event, but for the time. */
export interface PrintedEvent {
  readonly topic: string;
  readonly table: string | null;
  readonly key: string | null;
  readonly action: string;
  readonly value: unknown;
  readonly unknownAction?: boolean;
}

const OF_A_RUN = ["receivedAt", "publisher", "epoch", "seq", "sentAt"] as const;

/** The events in lines that `subscribe` printed, without what differs at each run: when, by whom. */
export function printedEvents(lines: readonly string[]): PrintedEvent[] {
  return lines.map((line) => {
    const event = JSON.parse(line);
    for (const name of OF_A_RUN) delete event[name];
    return event;
  });
}

/** Lines for `publish --stdin`: creations of rows of "lport", keys p0 and so on. */
export function eventLines(count: number, prefix = "p"): string {
  return Array.from({ length: count }, (_, n) => eventLine(`${prefix}${n}`)).join("");
}

/** A line for `publish --stdin`: a row of "lport" is created. */
export function eventLine(key: string): string {
  return `${JSON.stringify({ table: "lport", key, action: "create", value: `row of ${key}` })}\n`;
}
