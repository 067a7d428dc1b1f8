import { Child } from "../child.ts";
import { timeWithInput } from "../redirected.ts";
import { rowOf, type Section } from "../report.ts";
import { programArguments, serveFlags, startServe } from "./running_relay.ts";

/** The size of the measurement of recordings. */
export interface ReplayEffort {
  readonly rounds: number;
  readonly events: number;
}

const MARK = 50_000;
const VALUE_BYTES = 150;
const LINES_AT_ONCE = 1_000;
const START_TIMEOUT_MS = 20_000;
const RECORD_TIMEOUT_MS = 300_000;
/** A recording that is slower than the publisher would miss events. */
const RECORD_RATE = "30000";

/**
 * Records events of the network, and publishes the recording again, compared with `publish --stdin`
 * of the same lines.
 */
export async function measureReplay(
  directory: string,
  { rounds, events }: ReplayEffort,
): Promise<Section> {
  const relay = await startServe(directory, MARK);
  await using _relay = relay.child;
  const [sent, recorded] = [`${directory}/sent.jsonl`, `${directory}/recorded.jsonl`];
  await writeEvents(sent, events);
  const flags = serveFlags(directory, MARK);
  await recordOnce({ sent, recorded, events, flags, uri: relay.subscribeEndpoint });
  const [replays, publishes]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const replay = programArguments("replay", [recorded, "--speed", "max", "--yes", ...flags]);
    replays.push(events / await timeWithInput(replay, "/dev/null"));
    const publish = programArguments("publish", ["--stdin", ...flags]);
    publishes.push(events / await timeWithInput(publish, recorded));
  }
  return {
    title: `A recording of ${events} events, published again
median (min..max) of ${rounds} interleaved rounds; the start of the program is included`,
    rows: [rowOf({
      what: "replay --speed max",
      unit: "events/s",
      ours: replays,
      peer: ["publish --stdin", publishes],
      wanted: { minRatio: 0.8 },
    })],
  };
}

async function writeEvents(path: string, events: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const value = JSON.stringify({ name: "x".repeat(VALUE_BYTES) });
  for (let first = 0; first < events; first += LINES_AT_ONCE) {
    let lines = "";
    for (let n = first; n < Math.min(events, first + LINES_AT_ONCE); n++) {
      const event = { table: "lport", key: `port-${n % 500}`, action: "set", value };
      lines += `${JSON.stringify(event)}\n`;
    }
    const bytes = new TextEncoder().encode(lines);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  }
}

interface Recording {
  readonly sent: string;
  readonly recorded: string;
  readonly events: number;
  readonly flags: readonly string[];
  readonly uri: string;
}

/** @throws {Error} if an event was not recorded */
async function recordOnce({ sent, recorded, events, flags, uri }: Recording): Promise<void> {
  const bounds = ["--count", String(events), "--timeout", String(RECORD_TIMEOUT_MS / 1_000)];
  const record = [recorded, "--uri", uri, "--table", "lport", ...bounds, ...flags];
  const args = programArguments("record", record);
  await using recorder = new Child(Deno.execPath(), args, { read: "stderr" });
  await recorder.line(/^listening on /, START_TIMEOUT_MS);
  const publish = programArguments("publish", ["--stdin", "--rate", RECORD_RATE, ...flags]);
  await timeWithInput(publish, sent);
  const [, count] = await recorder.line(/^recorded (\d+) events in/, RECORD_TIMEOUT_MS);
  if (Number(count) !== events) throw new Error(`${count} of ${events} events were recorded`);
}
