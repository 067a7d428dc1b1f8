import { utcTime } from "../../drivers/contract/utc_time.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { counted, durationText } from "../terminal/quantities.ts";
import type { BadLine, RecordedItem } from "./recording.ts";

/** Names that a preview lists; a recording may have any number. */
const MAX_NAMES = 20;
/** The entry under which the events of all further names are counted. */
const OTHERS = "…";

/** Shows what a replay would publish. */
export async function previewOf(
  path: string,
  recording: AsyncIterable<readonly (RecordedItem | BadLine)[]>,
  flags: { readonly speed?: number | undefined; readonly json?: true | undefined },
  { out, err, interrupted }: Pick<Io, "err" | "interrupted" | "out">,
): Promise<ExitCode> {
  const [tables, actions] = [new Map<string, number>(), new Map<string, number>()];
  let [events, problems] = [0, 0];
  let [first, last] = [Infinity, -Infinity];
  for await (const items of recording) {
    for (const item of items) {
      if ("problem" in item) {
        problems++;
        err.write(`Line ${item.line} of "${path}": ${oneLine(item.problem)}\n`);
        continue;
      }
      events++;
      count(tables, item.update.table ?? "-");
      count(actions, item.update.action);
      if (item.at !== undefined) {
        [first, last] = [Math.min(first, item.at), Math.max(last, item.at)];
      }
    }
  }
  const seconds = Math.max(0, last - first) / 1000 / (flags.speed ?? 1) || 0;
  const times = events > 0 && first < Infinity
    ? { first: utcTime(first), last: utcTime(last) }
    : {};
  if (flags.json ?? !out.isTerminal) {
    const counts = { tables: Object.fromEntries(tables), actions: Object.fromEntries(actions) };
    out.write(`${JSON.stringify({ events, problems, ...times, seconds, ...counts })}\n`);
  } else {
    const span = "first" in times ? `, from ${times.first} to ${times.last}` : "";
    out.write(`would publish ${counted(events, "event")} in ${durationText(seconds)}${span}\n`);
    if (events > 0) out.write(`actions: ${listOf(actions)}\ntables: ${listOf(tables)}\n`);
  }
  if (interrupted.aborted) err.write(`stopped by a signal before the end of "${path}"\n`);
  return problems === 0 && !interrupted.aborted ? EXIT.done : EXIT.failed;
}

function count(counts: Map<string, number>, name: string): void {
  const listed = counts.size < MAX_NAMES || counts.has(name) ? name : OTHERS;
  counts.set(listed, (counts.get(listed) ?? 0) + 1);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return oneLine([...counts].map(([name, number]) => `${name} ${number}`).join(", "));
}
