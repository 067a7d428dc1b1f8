import { measureColdStarts } from "./cold_start.ts";
import { rowOf, type Section } from "./report.ts";
import { serveFlags, startServe } from "./running_relay.ts";

/** How often the commands are started. */
export interface ColdEffort {
  readonly rounds: number;
}

const MARK = 1_000;

/** `publish` of one event, from nothing, beside a program that does nothing. */
export async function measureCold(directory: string, { rounds }: ColdEffort): Promise<Section> {
  const relay = await startServe(directory, MARK);
  await using open = new AsyncDisposableStack();
  open.use(relay.child);
  const { publishMs, emptyMs } = await measureColdStarts(
    directory,
    serveFlags(directory, MARK),
    rounds,
  );
  const row = rowOf({
    what: "publish one event, whole process",
    unit: "ms",
    ours: publishMs,
    peer: ["an empty Deno program", emptyMs],
    wanted: { mostRatio: 3 },
  });
  return {
    title: `A cold start\nmedian (least..most) of ${rounds} interleaved rounds`,
    rows: [row],
  };
}
