/**
 * A separate process that sends frames to itself, for tests: `loopback_frames.ts DIRECTORY COUNT`.
 * It publishes on a socket in that directory and reads the frames there. It prints a line at the
 * start, and at the end the number of frames received.
 */
import { bytesOf, FrameReader } from "../frame_reader.ts";
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
