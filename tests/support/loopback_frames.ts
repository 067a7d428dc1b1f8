/**
 * A process of its own that sends itself frames, for tests: `loopback_frames.ts DIRECTORY COUNT`
 * publishes on a socket in that directory and reads the frames there. It says that it begins, and at
 * the end how many came.
 */
import { bytesOf, FrameReader } from "./frame_reader.ts";
import { zmqMultiprocDriver } from "./zmq_drivers.ts";

const [directory = "", count = "0"] = Deno.args;
const driver = zmqMultiprocDriver(directory);
await using service = await driver.openSubscriber();
await using publisher = await driver.openPublisher();
Deno.addSignalListener("SIGUSR1", () => {});
const reader = new FrameReader(service);
console.log("begins");
for (let sent = 0; sent < Number(count); sent++) await publisher.send("D", bytesOf(String(sent)));
await reader.count(Number(count));
console.log(`${reader.frames.length} came`);
Deno.exit();
