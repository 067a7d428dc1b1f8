// The attacked publisher. It publishes events on one topic, and more on request. Arguments: the
// interval between two events in milliseconds, their size in bytes, then options, each
// `group.option=value`. Input lines are JSON. `{}` and `{"count": N, "bytes": N}` publish that many
// events of that size on another topic. `{"limit": N}` watches from then on for subscribers that are
// more than N behind. `{"collects": true}` collects garbage. It replies to each input line with one
// line.
import { collectGarbage, giveBackMemory } from "../../../cli/serve/give_back_memory.ts";
import { PubPublisher } from "../../../drivers/_internal/zmtp/publish/pub_publisher.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { testSettings } from "../../support/test_settings.ts";
import { HEALTHY_TOPIC, HEAVY_TOPIC, now, overridesOf } from "../harness/attack_protocol.ts";
import { linesOf } from "../../support/lines.ts";

const HEAVY_BATCH = 50;
const POLL_INTERVAL_MS = 10;

const log = new RecordingLogger();
const [periodMs = "", eventBytes = "", ...options] = Deno.args;
const overrides = overridesOf(options);
const publisher = await PubPublisher.open({
  settings: testSettings({ "df.publisher_port": "0", ...overrides }),
  log,
});
const encoder = new TextEncoder();
const startedAt = now();
let sent = 0;

function publishDue(): void {
  const due = Math.floor((now() - startedAt) / Number(periodMs));
  for (; sent < due; sent++) {
    // When it was due, and not when this process had time for it.
    const at = startedAt + (sent + 1) * Number(periodMs);
    const text = JSON.stringify({ number: sent, at }).padEnd(Number(eventBytes));
    publisher.trySend(HEALTHY_TOPIC, encoder.encode(text));
  }
}

async function publishHeavy(count: number, bytes: number): Promise<void> {
  const payload = new Uint8Array(bytes);
  for (let done = 0; done < count; done += HEAVY_BATCH) {
    for (let index = 0; index < HEAVY_BATCH; index++) publisher.trySend(HEAVY_TOPIC, payload);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

let overAt: number | undefined;
let warnedAt: number | undefined;
let watching: ReturnType<typeof setInterval> | undefined;

function watchLag(limit: number): void {
  if (publisher.peers().some(({ lag }) => lag > limit)) overAt ??= now();
  if (log.lines.some(({ message }) => message.includes("behind"))) warnedAt ??= now();
}

/** One timer per event: `serve` wakes once per event, too, and is idle enough to collect garbage. */
function publishWhenDue(): void {
  publishDue();
  const dueAt = startedAt + (sent + 1) * Number(periodMs);
  ticker = setTimeout(publishWhenDue, Math.max(0, dueAt - now()));
}

let ticker: ReturnType<typeof setTimeout> | undefined;
publishWhenDue();
// As `serve` does.
const stopping = new AbortController();
const givingBack = giveBackMemory({ clock: systemClock, signal: stopping.signal });
console.log(JSON.stringify({ address: publisher.address }));
for await (const line of linesOf(Deno.stdin.readable)) {
  const { count = 0, bytes = 0, limit = 0, collects = false } = JSON.parse(line);
  if (collects) collectGarbage();
  if (limit > 0) watching ??= setInterval(() => watchLag(limit), POLL_INTERVAL_MS);
  if (count > 0) await publishHeavy(count, bytes);
  const warnings = log.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  if (watching === undefined) log.clear();
  // The process needs some descriptors for other purposes.
  Deno.openSync("/proc/self/status").close();
  console.log(JSON.stringify({
    refused: Object.fromEntries(publisher.peerTotals.refused),
    peers: publisher.peers().length,
    heap: Math.round(Deno.memoryUsage().heapUsed / 1e6),
    warnings,
    sent,
    skipped: publisher.peerTotals.skipped,
    overAt,
    warnedAt,
  }));
}
clearInterval(watching);
clearTimeout(ticker);
stopping.abort();
await givingBack;
await publisher.close();
