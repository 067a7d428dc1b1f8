import { Child } from "./child.ts";
import type { NativePrograms } from "./native.ts";
import { Sink, Source } from "./native_ends.ts";
import { shell, timeWithInput } from "./redirected.ts";
import { rowOf, type Section } from "./report.ts";
import { bundledProgram, type Program } from "./program.ts";
import { serveFlags, startServe } from "./relay/running_relay.ts";

/** The size of the measurement of the commands at both ends. */
export interface StreamEffort {
  readonly rounds: number;
  readonly events: number;
}

const EVENT_BYTES = 250;
const MARK = 1_000_000;
const POLL_INTERVAL_MS = 2;
const SETTLE_MS = 500;
const TIMEOUT_MS = 30_000;
const ROW = JSON.stringify({ id: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001", name: "x".repeat(100) });
const LINE = JSON.stringify({
  ...{ table: "lport", key: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001", action: "create" },
  value: ROW,
});

/** `subscribe --json` to a file, and `publish --stdin`, each compared with the same in C. */
export async function measureStreams(
  directory: string,
  programs: NativePrograms,
  effort: StreamEffort,
): Promise<Section> {
  const program = await bundledProgram(directory);
  const subscribed = await measureSubscribe(directory, { program, programs }, effort);
  const published = await measurePublish(directory, { program, programs }, effort);
  const rows = [
    {
      what: "subscribe --json to a file",
      unit: "lines/s",
      ours: subscribed.ours,
      peer: ["a subscriber in C that prints", subscribed.peer] as const,
      wanted: { minRatio: 0.5 },
    },
    {
      what: "publish --stdin, whole process",
      unit: "lines/s",
      ours: published.ours,
      peer: ["a pusher in C", published.peer] as const,
      wanted: { minRatio: 0.4 },
    },
  ].map(rowOf);
  return {
    title: `The commands at both ends
${EVENT_BYTES}-byte events; median (min..max) of ${effort.rounds} interleaved rounds of \
${effort.events}; none was lost`,
    rows,
  };
}

interface Programs {
  readonly program: Program;
  readonly programs: NativePrograms;
}

interface Rates {
  readonly ours: number[];
  readonly peer: number[];
}

async function measureSubscribe(
  directory: string,
  { program, programs }: Programs,
  { rounds, events }: StreamEffort,
): Promise<Rates> {
  await using open = new AsyncDisposableStack();
  // libzmq counts what a peer has read in halves of its limit.
  const bind = { programs, endpoint: "tcp://127.0.0.1:*", highWaterMark: 4 * events };
  const [oursFile, peerFile] = [`${directory}/ours.jsonl`, `${directory}/peer`];
  const [feed, peerFeed] = [
    open.use(await Source.start("pub", EVENT_BYTES, bind)),
    open.use(await Source.start("pub", EVENT_BYTES, bind)),
  ];
  const sink = open.use(new Sink(1, { programs, endpoint: peerFeed.endpoint }, peerFile));
  await peerFeed.probeUntil(sink.live);
  open.use(subscribeTo(feed.endpoint, oursFile, { directory, program }));
  await feed.probeUntil(grown(oursFile, 1));
  // Every line is as long as the first, because the numbers in it have a fixed number of digits.
  const line = await settled(oursFile);
  const rates: Rates = { ours: [], peer: [] };
  for (let round = 0; round <= rounds; round++) {
    await Promise.all([Deno.truncate(oursFile), Deno.truncate(peerFile)]);
    const seconds = await timeFile(oursFile, feed, { events, line });
    const counted = await sink.count(events, () => peerFeed.send(events, 0));
    if (counted.received !== events) throw new Error("The subscriber in C lost events");
    if (round === 0) continue;
    rates.ours.push(events / seconds);
    rates.peer.push(events / counted.seconds);
  }
  return rates;
}

function subscribeTo(
  endpoint: string,
  file: string,
  { directory, program }: { readonly directory: string; readonly program: Program },
): Child {
  const flags = ["--json", "--uri", endpoint, ...serveFlags(directory, MARK)];
  const command = shell(argumentsOf(program, "subscribe", flags), `>> '${file}'`);
  return new Child("sh", ["-c", command], { read: "stderr" });
}

/** Arguments for the current Deno. */
function argumentsOf({ command }: Program, name: string, flags: readonly string[]): string[] {
  return [...command.slice(1), name, ...flags];
}

/** Returns the length of a line, once no probe is in flight. */
async function settled(file: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return (await Deno.readTextFile(file)).indexOf("\n") + 1;
}

/** Returns the seconds until the file has a line for every event sent. */
async function timeFile(
  file: string,
  feed: Source,
  { events, line }: { readonly events: number; readonly line: number },
): Promise<number> {
  const start = performance.now();
  await Promise.all([feed.send(events, 0), grown(file, events * line)]);
  return (performance.now() - start) / 1000;
}

async function grown(file: string, size: number): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while ((await sizeOf(file)) < size) {
    if (performance.now() > deadline) throw new Error(`"${file}" stays short of ${size} bytes`);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await Deno.stat(file)).size;
  } catch {
    return 0;
  }
}

async function measurePublish(
  directory: string,
  { program, programs }: Programs,
  { rounds, events }: StreamEffort,
): Promise<Rates> {
  await using open = new AsyncDisposableStack();
  const relay = await startServe(directory, MARK);
  open.use(relay.child);
  const push = { programs, endpoint: relay.pushEndpoint, highWaterMark: 1_000 };
  const source = open.use(await Source.start("push", EVENT_BYTES, push));
  const file = `${directory}/events.jsonl`;
  await Deno.writeTextFile(file, `${LINE}\n`.repeat(events));
  const args = argumentsOf(program, "publish", ["--stdin", ...serveFlags(directory, MARK)]);
  const rates: Rates = { ours: [], peer: [] };
  for (let round = 0; round <= rounds; round++) {
    const seconds = await timeWithInput(args, file);
    const sent = await source.send(events, 0);
    if (round === 0) continue;
    rates.ours.push(events / seconds);
    rates.peer.push(events / sent);
  }
  return rates;
}
