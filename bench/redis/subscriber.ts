// The receiving end: a driver with every event decoded. Usage: subscriber.ts PORT DRIVER
// TOPIC
import { silentLogger } from "../../drivers/contract/logger.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import { loadPubSubDriver } from "../../drivers/registry.ts";
import { systemClock } from "../../service/base/clock.ts";
import { RefusalLog } from "../../service/base/refusal_log.ts";
import { Subscriber } from "../../service/receive/subscriber.ts";
import { ArrivalMeter, requestedRounds, requireHealth } from "../end_rounds.ts";
import { benchSettings, serverSetting } from "./settings.ts";

const [port, driverName = "", topic = ""] = Deno.args;

const settings = await benchSettings([serverSetting(Number(port))]);
const driver = await loadPubSubDriver(driverName, { settings, log: silentLogger });
const subscriber = new Subscriber(await driver.openSubscriber(), {
  maxEventBytes: settings.get(pubSubMaxEventBytes),
  refusals: new RefusalLog("Subscriber", silentLogger, systemClock),
  clock: systemClock,
});
void requireHealth(subscriber.health);
subscriber.registerTopic(topic);
const meter = new ArrivalMeter();
void readAll();
await subscriber.ready();
for await (const events of requestedRounds()) meter.expect(events);

async function readAll(): Promise<void> {
  for await (const received of subscriber.received()) meter.note(received.length);
}
