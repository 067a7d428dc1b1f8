import type { FramePublisher } from "../drivers/contract/pubsub.ts";
import { systemClock } from "../service/base/clock.ts";
import { encodeUpdate } from "../service/event/codec/encode.ts";
import { PayloadChecker } from "../service/event/codec/payload_checker.ts";
import { dbUpdate } from "../service/event/db_update.ts";
import { PositionedPublisher } from "../service/publish/positioned_publisher.ts";

/** A driver that accepts everything and sends nothing. */
const NOWHERE: FramePublisher = {
  address: "nowhere",
  health: (async function* () {})(),
  trySend: () => true,
  send: () => Promise.resolve(),
  close: () => Promise.resolve({ flushed: true }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const EVENT = dbUpdate({
  table: "lport",
  key: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001",
  action: "create",
  value: JSON.stringify({ id: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001", macs: "f".repeat(90) }),
});
const options = { id: ID, clock: systemClock, maxEventBytes: 1_048_576 };

for (const format of ["map", "json"] as const) {
  const plain = encodeUpdate(EVENT, format);
  const origin = { publisher: ID, epoch: 1, topic: "D", seq: 7, sentAt: 1 };
  const numbered = encodeUpdate({ ...EVENT, origin }, format);
  const checker = new PayloadChecker();
  checker.check(numbered);
  const { stampOffset } = checker;
  const group = `${format}, ${plain.length} bytes`;
  const publisher = new PositionedPublisher(NOWHERE, options);
  Deno.bench(`check ${format}`, { group, baseline: true }, () => checker.check(plain));
  Deno.bench(`check ${format}, stamped`, { group }, () => checker.check(numbered));
  Deno.bench(`stamp ${format}`, { group }, () => void publisher.trySend("D", plain));
  Deno.bench(`replace ${format}`, { group }, () => {
    publisher.trySend("D", numbered, stampOffset);
  });
}
