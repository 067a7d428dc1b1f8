// A subscriber of one publisher, with the whole application stack or with the driver alone. Usage:
// receive_end.ts nb|driver ADDRESS DATABASE
import * as registry from "../drivers/registry.ts";
import { silentLogger } from "../drivers/contract/logger.ts";
import { systemClock } from "../service/base/clock.ts";
import { NbApi } from "../service/node/nb_api.ts";
import { ArrivalMeter, requestedRounds } from "./end_rounds.ts";
import { benchSettings } from "./redis/settings.ts";

const [kind, address = "", database = ""] = Deno.args;
const { hostname, port } = new URL(address.replace("tcp:", "http:"));
const settings = await benchSettings([
  `df.publishers_ips=${hostname}`,
  `df.publisher_port=${port}`,
  `df.sqlite_path=${database}`,
  "df.enable_df_pub_sub=true",
  "df_zmq.high_water_mark=1000000",
  "df.pub_sub_change_queue_size=1000000",
]);
const context = { settings, log: silentLogger };
const live = Promise.withResolvers<void>();
const meter = new ArrivalMeter();
let isRound = false;

/** Probes arrive before the first round. No probe arrives between rounds. */
function note(events: number): void {
  live.resolve();
  if (isRound) meter.note(events);
}

async function readChanges(): Promise<void> {
  const nb = await NbApi.open({ ...context, drivers: registry, clock: systemClock });
  for await (const { action } of nb.changes()) if (action === "create") note(1);
}

async function readFrames(): Promise<void> {
  const driver = await registry.loadPubSubDriver("zmq_pubsub_driver", context);
  const subscriber = await driver.openSubscriber();
  subscriber.registerTopic("D");
  subscriber.registerListenAddress(address);
  for await (const frames of subscriber.batches()) note(frames.length);
}

void (kind === "nb" ? readChanges() : readFrames());
await live.promise;
for await (const events of requestedRounds()) {
  isRound = true;
  meter.expect(events);
}
