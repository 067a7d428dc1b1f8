// The subscriber that an attack must not affect. Arguments: the address, the number of subscribers,
// then options, each `group.option=value`. Input lines are JSON. For `{"joins": true}`, one more
// subscriber connects, and leaves when it is live: the reply is the time that this took. To each
// other line it replies with what it has observed since the previous one.
import { SubSubscriber } from "../../../drivers/_internal/zmtp/subscribe/sub_subscriber.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { testSettings } from "../../support/test_settings.ts";
import {
  HEALTHY_TOPIC,
  type HealthyReport,
  type JoinReport,
  now,
  overridesOf,
} from "../harness/attack_protocol.ts";
import { linesOf } from "../../support/lines.ts";

const JOIN_TIMEOUT_MS = 50_000;
const [address = "", count = "1", ...options] = Deno.args;
const settings = testSettings(overridesOf(options));
const decoder = new TextDecoder();
let latencies: number[] = [];
let missing = 0;
let gaps = 0;
let reported = 0;
let disconnected: string[] = [];
const next: number[] = [];

async function open(): Promise<SubSubscriber> {
  const subscriber = await SubSubscriber.open({ settings, log: silentLogger });
  subscriber.registerListenAddress(address);
  subscriber.registerTopic(HEALTHY_TOPIC);
  return subscriber;
}

async function join(): Promise<JoinReport> {
  const began = now();
  await using subscriber = await open();
  await subscriber.ready({ timeoutMs: JOIN_TIMEOUT_MS });
  return { joinedMs: now() - began };
}

async function follow(_: unknown, index: number): Promise<void> {
  const subscriber = await open();
  next[index] = 0;
  const reading = async () => {
    for await (const batch of subscriber.batches()) {
      for (const { payload, gap } of batch) {
        if (gap !== undefined) {
          gaps++;
          reported += Number(/^\d+/.exec(gap)?.[0] ?? 0);
          continue;
        }
        const { number, at } = JSON.parse(decoder.decode(payload));
        latencies.push(now() - at);
        missing += Math.abs(number - (next[index] || number));
        next[index] = number + 1;
      }
    }
  };
  const watching = async () => {
    for await (const event of subscriber.health) {
      if (event.kind === "disconnected") disconnected.push(event.reason);
    }
  };
  void reading();
  void watching();
  await subscriber.ready();
}

function take(): HealthyReport {
  const sorted = latencies.sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Infinity;
  const report = {
    received: sorted.length,
    missing,
    gaps,
    reported,
    disconnected,
    next: Math.min(...next),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
  latencies = [];
  missing = gaps = reported = 0;
  disconnected = [];
  return report;
}

await Promise.all(Array.from({ length: Number(count) }, follow));
console.log("{}");
for await (const line of linesOf(Deno.stdin.readable)) {
  const { joins = false } = JSON.parse(line);
  console.log(JSON.stringify(joins ? await join() : take()));
}
Deno.exit(0);
