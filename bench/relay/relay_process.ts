// The relay without the service around it. The difference between the two kinds is the cost of
// positions. Usage: relay_process.ts plain|positioned SOCKET HIGH_WATER_MARK
import { silentLogger } from "../../drivers/contract/logger.ts";
import { loadPubSubDriver } from "../../drivers/registry.ts";
import { systemClock } from "../../service/base/clock.ts";
import { PositionedPublisher } from "../../service/publish/positioned_publisher.ts";
import { publisherOptions } from "../../service/publish/publisher.ts";
import { RefusalLog } from "../../service/base/refusal_log.ts";
import { Relay } from "../../service/controller/relay.ts";
import { WarningFolder } from "../../service/base/warning_folder.ts";
import { benchSettings } from "../redis/settings.ts";

const [kind, socket, highWaterMark] = Deno.args;
const settings = await benchSettings([
  "df.publisher_bind_address=127.0.0.1",
  "df.publisher_port=0",
  `df.publisher_multiproc_socket=${socket}`,
  `df_zmq.high_water_mark=${highWaterMark}`,
]);
const context = { settings, log: silentLogger };
const network = await loadPubSubDriver("zmq_pubsub_driver", context);
const local = await loadPubSubDriver("zmq_pubsub_multiproc_driver", context);
const plain = await network.openPublisher();
const sending = publisherOptions(settings);
const positioned = () =>
  new PositionedPublisher(plain, {
    ...{ id: crypto.randomUUID(), clock: systemClock },
    maxEventBytes: sending.maxEventBytes,
  });
const source = await local.openSubscriber();
const relay = new Relay(source, kind === "plain" ? plain : positioned(), {
  sending,
  refusals: new RefusalLog("Relay", silentLogger, systemClock),
  clock: systemClock,
  stalls: new WarningFolder({ subject: "Relay", log: silentLogger, clock: systemClock }),
  onActivity: () => {},
});
console.log(`at ${plain.address}`);
await relay.run();
