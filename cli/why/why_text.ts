import type { RowEvent } from "../../service/protocol/row_events.ts";
import { dateText, dayText, type TimeFlags, timeFormat } from "../events/event_time.ts";
import { fit } from "../terminal/cells.ts";
import { oneLine } from "../terminal/log.ts";
import { tableLines } from "../terminal/table.ts";
import type { Row, RowHistory } from "./row_history.ts";
import type { RowNode } from "./row_nodes.ts";
import { counted } from "../terminal/quantities.ts";

/** What is known about a row. */
export interface WhyReport extends Row, RowHistory {
  /** The value in the database; null without one. */
  readonly value: string | null;
  /** Whether the database has the row; null if it could not be asked. */
  readonly isThere: boolean | null;
  /** The subscribers of the topic of the last event. */
  readonly nodes: readonly RowNode[];
  /** Why events or nodes cannot be known, although nothing is wrong. */
  readonly notes: readonly string[];
}

/** The report for people. Its value and its table rows fit the terminal; sentences are not cut. */
export function whyText(
  report: WhyReport,
  flags: TimeFlags,
  columns: number,
): string[] {
  const { events, nodes, notes } = report;
  return [
    fit(valueLine(report), columns),
    "",
    ...(events.length === 0 ? ["No events were found"] : eventLines(events, flags, columns)),
    ...searchedLines(report, flags),
    ...notes,
    ...(nodes.length === 0 ? [] : ["", ...nodeLines(nodes, columns)]),
  ];
}

function valueLine({ table, key, value, isThere }: WhyReport): string {
  const row = oneLine(`${table} ${key}`);
  if (isThere === null) return `${row}: the database could not be asked`;
  return isThere ? `${row}: ${oneLine(value ?? "")}` : `${row}: not in the database`;
}

function eventLines(
  events: readonly RowEvent[],
  flags: TimeFlags,
  columns: number,
): string[] {
  const time = timeFormat(flags);
  return tableLines<RowEvent>(
    [
      {
        heading: "DAY",
        cell: ({ at }) => at === null ? "-" : dayText(Date.parse(at), flags),
        leaves: 3,
      },
      { heading: "TIME", cell: ({ at }) => at === null ? "-" : time(Date.parse(at)) },
      { heading: "ACTION", cell: ({ action }) => action },
      { heading: "PUBLISHER", cell: ({ publisher }) => publisher?.slice(0, 8) ?? "-" },
      { heading: "TOPIC", cell: ({ topic }) => topic, leaves: 2 },
      { heading: "SEQ", cell: ({ seq }) => String(seq ?? "-") },
      { heading: "VALUE", cell: ({ value }) => (value ?? "").slice(0, columns * 2) },
    ],
    events,
    columns,
  );
}

function searchedLines({ searched, losses }: WhyReport, flags: TimeFlags): string[] {
  const dateOf = (time: string) => dateText(Date.parse(time), flags);
  return [
    ...searched.map(({ publisher, in: places, since, isPartial }) => {
      const name = publisher.slice(0, 8);
      if (places.length === 0) return `Publisher ${name} keeps no events: set [df] recorder_path`;
      const back = since === null ? ", no events yet" : ` back to ${dateOf(since)}`;
      const more = isPartial ? "; older ones were not searched: use a longer --timeout" : "";
      return `Publisher ${name}: searched ${places.join(" and ")}${back}${more}`;
    }),
    ...losses.map(({ publisher, at, events, reason }) => {
      const what = events === null ? "events" : `${counted(events, "event")}, of any row,`;
      return oneLine(
        `Publisher ${publisher.slice(0, 8)}: ${what} before ${
          at === null ? "an unknown time" : dateOf(at)
        } ` +
          `${events === 1 ? "is" : "are"} missing: ${reason}`,
      );
    }),
  ];
}

function nodeLines(nodes: readonly RowNode[], columns: number): string[] {
  const applied = nodes.filter(({ state }) => state === "applied").length;
  const head = `${applied} of ${nodes.length} nodes have applied the last event`;
  return [
    head,
    ...tableLines<RowNode>(
      [
        { heading: "NODE", cell: ({ node }) => node },
        { heading: "ADDRESS", cell: ({ address }) => address, leaves: 1 },
        { heading: "STATE", cell: ({ state }) => state },
        { heading: "BEHIND", cell: ({ behind }) => String(behind ?? "-") },
      ],
      nodes,
      columns,
    ),
  ];
}
