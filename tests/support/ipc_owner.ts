/**
 * A process of its own that is a publisher service, for tests: `ipc_owner.ts DIRECTORY
 * [as-nobody]` listens at `socket` in the directory, prints `ready`, and then each frame it gets as
 * `topic|payload`. A frame whose payload begins with `refuse` it refuses.
 */
import { becomeNobody } from "./as_nobody.ts";
import { shown } from "./frame_reader.ts";
import { zmqMultiprocDriver } from "./zmq_drivers.ts";

const [directory = ".", account] = Deno.args;
if (account === "as-nobody") becomeNobody();
await using service = await zmqMultiprocDriver(directory).openSubscriber();
console.log("ready");
for await (const batch of service.batches()) {
  for (const frame of batch) {
    const text = shown(frame);
    if (text.includes("|refuse")) service.refuse?.(frame);
    console.log(text);
  }
}
