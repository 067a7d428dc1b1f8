// Many publishers in one process. Arguments: their number, then options, each `group.option=value`.
// It prints their addresses. For each input line, every publisher sends one event, and the process
// replies with the time that this took.
import { PubPublisher } from "../../../drivers/_internal/zmtp/publish/pub_publisher.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { PositionedPublisher } from "../../../service/publish/positioned_publisher.ts";
import { testSettings } from "../../support/test_settings.ts";
import { linesOf } from "../../support/lines.ts";

const MAX_EVENT_BYTES = 65_536;
/** Small logs, because there are many publishers. */
const SMALL = {
  "df.publisher_port": "0",
  "df.pub_sub_max_event_bytes": String(MAX_EVENT_BYTES),
  "df_zmq.high_water_mark": "16",
  "df_zmq.wire_log_bytes": "65536",
};

const [count = ""] = Deno.args;
const publishers = await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const settings = testSettings(SMALL);
    const frames = await PubPublisher.open({ settings, log: silentLogger });
    const id = crypto.randomUUID();
    return new PositionedPublisher(frames, {
      id,
      clock: systemClock,
      maxEventBytes: MAX_EVENT_BYTES,
    });
  }),
);
console.log(JSON.stringify(publishers.map(({ address }) => address)));
for await (const _ of linesOf(Deno.stdin.readable)) {
  const update = dbUpdate({ table: "t", key: "k", action: "set", value: "v" });
  for (const publisher of publishers) {
    publisher.trySend(update.topic, encodeUpdate(update, "map"));
  }
  console.log("{}");
}
Deno.exit(0);
