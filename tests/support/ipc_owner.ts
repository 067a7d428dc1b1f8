/**
 * A separate process that runs a publisher service for tests: `ipc_owner.ts DIRECTORY [as-nobody]`.
 * It listens at `socket` in the directory and prints `ready`, then prints each frame that it
 * receives as `topic|payload`. It refuses every frame whose payload begins with `refuse`.
 */
import { becomeNobody } from "./as_nobody.ts";
import { shown } from "./frame_reader.ts";
import { zmqMultiprocDriver } from "./zmq/zmq_drivers.ts";

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
