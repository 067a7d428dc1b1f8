// The publisher that is attacked: events on one topic, and what its input asks for. Arguments: the
// time between two events in milliseconds, then `group.option=value` each. Input: a line of JSON, `{}` or `{"count": N, "bytes": N}`,
// which publishes so many events of that size on another topic. Each is answered with a line.
import { PubPublisher } from "../../../drivers/_internal/zmtp/pub_publisher.ts";
import { RecordingLogger } from "../../support/recording_logger.ts";
import { testSettings } from "../../support/test_settings.ts";
import { HEALTHY_TOPIC, HEAVY_TOPIC, linesOf, now } from "../harness/attack_protocol.ts";

const EVENT_BYTES = 250;
const HEAVY_BATCH = 50;

const log = new RecordingLogger();
const [periodMs = "", ...options] = Deno.args;
const overrides = Object.fromEntries(options.map((arg) => {
  const at = arg.indexOf("=");
  return [arg.slice(0, at), arg.slice(at + 1)];
}));
const publisher = await PubPublisher.open({
  settings: testSettings({ "df.publisher_port": "0", ...overrides }),
  log,
});
const encoder = new TextEncoder();
const startedAt = performance.now();
let sent = 0;

function publishDue(): void {
  const due = Math.floor((performance.now() - startedAt) / Number(periodMs));
  for (; sent < due; sent++) {
    const text = JSON.stringify({ number: sent, at: now() }).padEnd(EVENT_BYTES);
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

const ticker = setInterval(publishDue, 1);
console.log(JSON.stringify({ address: publisher.address }));
for await (const line of linesOf(Deno.stdin.readable)) {
  const { count = 0, bytes = 0 } = JSON.parse(line);
  if (count > 0) await publishHeavy(count, bytes);
  const warnings = log.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  log.clear();
  // Descriptors must be left for what else the process needs.
  Deno.openSync("/proc/self/status").close();
  console.log(JSON.stringify({
    refused: Object.fromEntries(publisher.peerTotals.refused),
    peers: publisher.peers().length,
    heap: Math.round(Deno.memoryUsage().heapUsed / 1e6),
    warnings,
    sent,
  }));
}
clearInterval(ticker);
await publisher.close();
