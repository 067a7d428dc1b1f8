import type { DbUpdate } from "../../service/event/db_update.ts";
import type { GapNotice } from "../../service/protocol/notices.ts";
import { isOurs } from "../events/event_json.ts";
import { counted, durationText } from "../terminal/quantities.ts";
import type { EventSink } from "./event_sink.ts";

/** Counts the events of a sink, for the line that `subscribe` writes at its end. */
export class Summary implements EventSink {
  readonly #sink: EventSink;
  readonly #startedAt = performance.now();
  readonly #counts = new Map<string, number>();
  #gaps = 0;
  #lost = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  take(update: DbUpdate): void | Promise<void> {
    const { action } = update;
    const name = isOurs(update) ? action : "other";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return this.#sink.take(update);
  }

  flush(): void {
    this.#sink.flush();
  }

  /** Counts lost events. */
  note(notice: GapNotice): void {
    if (notice.kind === "gap" || notice.kind === "lost") this.#gaps++;
    if (notice.kind === "lost") this.#lost += notice.to - notice.from + 1;
  }

  /**
   * `12 events in 63 s (8 create, 4 set), no gaps`: with as many actions as fit, the most frequent
   * ones.
   */
  text(columns: number): string {
    const { initial: rows = 0, synced: _, ...counts } = Object.fromEntries(this.#counts);
    const named = Object.entries(counts).sort(([, a], [, b]) => b - a);
    const total = named.reduce((sum, [, count]) => sum + count, 0);
    const snapshot = rows === 0 ? "" : `, ${counted(rows, "row")} of the snapshot`;
    const lost = this.#lost === 0 ? "" : ` (${counted(this.#lost, "event")} lost)`;
    const gaps = this.#gaps === 0 ? "no gaps" : `${counted(this.#gaps, "gap")}${lost}`;
    const head = `${counted(total, "event")} in ${this.#duration}`;
    const tail = `${snapshot}, ${gaps}`;
    for (let shown = named.length; shown > 0; shown--) {
      const parts = named.slice(0, shown).map(([action, count]) => `${count} ${action}`);
      const rest = named.slice(shown).reduce((sum, [, count]) => sum + count, 0);
      if (rest > 0) parts.push(counted(rest, "other"));
      const text = `${head} (${parts.join(", ")})${tail}`;
      if (text.length <= columns) return text;
    }
    return head + tail;
  }

  get #duration(): string {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return seconds < 10 ? `${seconds.toFixed(1)} s` : durationText(seconds);
  }
}
