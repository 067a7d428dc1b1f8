/**
 * A process of its own that is a publisher service, for tests: `ipc_owner.ts DIRECTORY` listens at
 * `socket` in the directory, prints `ready`, and then each frame it gets as `topic|payload`.
 */
import { shown } from "./frame_reader.ts";
import { zmqMultiprocDriver } from "./zmq_drivers.ts";

const [directory = "."] = Deno.args;
await using service = await zmqMultiprocDriver(directory).openSubscriber();
console.log("ready");
for await (const batch of service.batches()) {
  for (const frame of batch) console.log(shown(frame));
}
