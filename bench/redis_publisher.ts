// The sending end of a driver. Usage: redis_publisher.ts PORT DRIVER TOPIC EVENT_BYTES
import { setImmediate } from "node:timers/promises";
import { silentLogger } from "../drivers/contract/logger.ts";
import type { FramePublisher } from "../drivers/contract/pubsub.ts";
import { loadPubSubDriver } from "../drivers/registry.ts";
import { askedRounds, begin, report, requireHealth } from "./redis_end_rounds.ts";
import { benchEvent } from "./redis_event.ts";
import { benchSettings, serverSetting } from "./redis_settings.ts";

const [port, driverName = "", topic = "", bytes] = Deno.args;

const settings = await benchSettings([serverSetting(Number(port))]);
const driver = await loadPubSubDriver(driverName, { settings, log: silentLogger });
const publisher = await driver.openPublisher();
void requireHealth(publisher.health);
const payload = benchEvent(Number(bytes));
for await (const events of askedRounds()) {
  begin();
  const start = performance.now();
  await publishAll(publisher, events);
  report(events, performance.now() - start);
}

/** As fast as its window lets it; resolves when the server has confirmed the last. */
async function publishAll(publisher: FramePublisher, events: number): Promise<void> {
  for (let sent = 1; sent < events;) {
    if (publisher.trySend(topic, payload)) sent++;
    else await setImmediate();
  }
  // Answers come in order: this one's is the last.
  await publisher.send(topic, payload);
}
