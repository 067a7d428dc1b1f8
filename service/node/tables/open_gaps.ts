import type { GapNotice } from "../../protocol/notices.ts";

/** Counts the events that are missing: while there are any, those after them are held back. */
export class OpenGaps {
  readonly #missing = new Map<string, number>();

  /** Takes in what was found out. */
  note(notice: GapNotice): void {
    if (notice.kind === "restart" || notice.kind === "contested") return;
    const { publisher, topic, epoch, from, to, kind } = notice;
    const name = `${publisher}\n${epoch}\n${topic}`;
    const count = to - from + 1;
    const missing = (this.#missing.get(name) ?? 0) + (kind === "gap" ? count : -count);
    if (missing > 0) this.#missing.set(name, missing);
    else this.#missing.delete(name);
  }

  /** Whether events are held back. */
  get areAny(): boolean {
    return this.#missing.size > 0;
  }
}
