import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import type { DbUpdate, SyncReason } from "../../service/event/db_update.ts";
import { fit, pad, plainText, shrunk, widthOf } from "../terminal/cells.ts";
import { COLOUR, coloured } from "../terminal/colour.ts";
import { oneLine } from "../terminal/log.ts";
import { isOurs } from "./event_json.ts";
import type { EventTime } from "./event_time.ts";

/** How lines for people look. */
export interface TextStyle {
  readonly time: EventTime;
  readonly hasColour: boolean;
  readonly isWithoutValue: boolean;
  /** The width of the terminal, which may change. */
  readonly columns: () => number;
}

const ACTION_COLOURS: ReadonlyMap<string, string> = new Map(Object.entries({
  create: COLOUR.green,
  set: COLOUR.yellow,
  update: COLOUR.yellow,
  delete: COLOUR.red,
  sync: COLOUR.magenta,
  sync_started: COLOUR.magenta,
  sync_finished: COLOUR.magenta,
  synced: COLOUR.magenta,
  initial: COLOUR.cyan,
  log: COLOUR.plain,
}));

const SYNC_REASONS: Readonly<Record<SyncReason, string>> = {
  gap: "events were lost",
  lost: "events may be lost",
  reconnected: "the connection was lost, or a publisher appeared",
  overflow: "this command was too slow",
  unreadable: "a row could not be read",
};

const GAP = " ";
/** A wider cell makes its column only this wide, or a third of a wide terminal. */
const MAX_GROWTH = 40;
/** Columns that stay for the value before other cells are cut, at most; on a narrow terminal a third. */
const VALUE_COLUMNS = 24;
/** Topic, action, table, key: the widths with which they begin. */
const BEGIN_WIDTHS = [1, 6, 1, 1];

/**
 * Events as lines for people, in columns that grow with what is in them and that fit the terminal:
 * time, topic, action, table, key, value. A cell that does not fit is cut, and no line wraps.
 */
export class EventText {
  readonly #style: TextStyle;
  readonly #widths = [...BEGIN_WIDTHS];
  #fitted: readonly number[] = [];
  #fittedFor: number | undefined;

  constructor(style: TextStyle) {
    this.#style = style;
  }

  line(update: DbUpdate): string {
    const { hasColour, isWithoutValue } = this.#style;
    const columns = this.#style.columns();
    const time = this.#style.time(update);
    const cells = cellsOf(update).map((cell) => plainText(oneLine(cell)));
    const widths = this.#widthsFor(cells, columns - widthOf(time));
    const [topic = "", action = "", ...row] = cells.map((cell, at) => pad(cell, widths[at] ?? 0));
    const used = widths.reduce(
      (sum, width) => sum + width + GAP.length,
      widthOf(time) + GAP.length,
    );
    const value = isWithoutValue ? "" : fit(valueText(update, columns), columns - used);
    if (!hasColour || used > columns) {
      return fit([time, topic, action, ...row, value].join(GAP).trimEnd(), columns);
    }
    const colour = ACTION_COLOURS.get(update.action) ?? COLOUR.bold;
    const head = [coloured(`${time}${GAP}${topic}`, COLOUR.dim), coloured(action, colour)];
    return [...head, ...row, value].join(GAP).trimEnd();
  }

  /** The widths of the cells before the value, of which the widest shrink on a narrow terminal. */
  #widthsFor(cells: readonly string[], columns: number): readonly number[] {
    let isGrown = this.#fittedFor !== columns;
    cells.forEach((cell, at) => {
      const width = Math.min(Math.max(MAX_GROWTH, Math.floor(columns / 3)), widthOf(cell));
      if (width <= (this.#widths[at] ?? 0)) return;
      this.#widths[at] = width;
      isGrown = true;
    });
    if (isGrown) {
      const value = this.#style.isWithoutValue ? 0 : Math.min(VALUE_COLUMNS, columns / 3);
      const gaps = GAP.length * (cells.length + 1);
      this.#fitted = shrunk(this.#widths, columns - gaps - Math.floor(value));
      this.#fittedFor = columns;
    }
    return this.#fitted;
  }
}

function cellsOf(update: DbUpdate): readonly string[] {
  const { topic, table, key, action } = update;
  return [topic, isOurs(update) ? action : `${action}?`, table ?? "-", key ?? "-"];
}

/** The beginning of the value, with more characters than columns. */
function valueText({ value, reason }: DbUpdate, columns: number): string {
  if (reason !== undefined) return `requested here: ${SYNC_REASONS[reason]}`;
  if (value === null) return "";
  const text = typeof value === "string" ? value : stringifyJson(value);
  return oneLine(text.slice(0, columns * 20));
}
