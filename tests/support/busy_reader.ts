/**
 * A process of its own that is a subscriber too busy to read, for tests:
 * `busy_reader.ts ADDRESS` subscribes to `D` and prints a line for each change of health. It reads
 * one batch and no more until a line comes on its standard input; from then on it prints the last
 * payload of each batch. At the end of the input it ends.
 */
import { linesOf } from "./lines.ts";
import { zmqDriver } from "./zmq_drivers.ts";

const SETTINGS = {
  "df_zmq.high_water_mark": "10",
  "df_zmq.heartbeat_interval": "0.1",
  "df_zmq.heartbeat_timeout": "0.3",
};

const [address = ""] = Deno.args;
await using subscriber = await zmqDriver(SETTINGS).openSubscriber();
const health = subscriber.health;
subscriber.registerTopic("D");
subscriber.registerListenAddress(address);
const mayRead = Promise.withResolvers<void>();
const told = tell();
const read = readAll();
for await (const _ of linesOf(Deno.stdin.readable)) mayRead.resolve();
mayRead.resolve();
await subscriber[Symbol.asyncDispose]();
await Promise.all([told, read]);

async function tell(): Promise<void> {
  for await (const event of health) {
    const more = event.kind === "dropped" ? ` ${event.reason}` : "";
    console.log(event.kind + more);
  }
}

async function readAll(): Promise<void> {
  for await (const batch of subscriber.batches()) {
    const payload = batch.at(-1)?.payload;
    const text = new TextDecoder().decode(payload);
    await mayRead.promise;
    console.log(`read ${text}`);
  }
}
