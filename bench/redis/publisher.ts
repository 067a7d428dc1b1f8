// The sending end of a driver. Usage: publisher.ts PORT DRIVER TOPIC EVENT_BYTES
import { setImmediate } from "node:timers/promises";
import { silentLogger } from "../../drivers/contract/logger.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import { loadPubSubDriver } from "../../drivers/registry.ts";
import { begin, report, requestedRounds, requireHealth } from "../end_rounds.ts";
import { benchEvent } from "./event.ts";
import { benchSettings, serverSetting } from "./settings.ts";
import { timed } from "../samples.ts";

const [port, driverName = "", topic = "", bytes] = Deno.args;

const settings = await benchSettings([serverSetting(Number(port))]);
const driver = await loadPubSubDriver(driverName, { settings, log: silentLogger });
const publisher = await driver.openPublisher();
void requireHealth(publisher.health);
const payload = benchEvent(Number(bytes));
for await (const events of requestedRounds()) {
  begin();
  report(events, await timed(() => publishAll(publisher, events)));
}

/**
 * Sends as fast as the driver's window allows. Resolves when the server has confirmed the last
 * event.
 */
async function publishAll(publisher: FramePublisher, events: number): Promise<void> {
  for (let sent = 1; sent < events;) {
    if (publisher.trySend(topic, payload)) sent++;
    else await setImmediate();
  }
  // Replies arrive in order: the reply to this command is the last.
  await publisher.send(topic, payload);
}
