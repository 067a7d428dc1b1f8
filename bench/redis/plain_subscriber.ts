// The receiving end without a driver, the peer of subscriber.ts: ioredis alone, without
// decoding. Usage: plain_subscriber.ts PORT CHANNEL
import { Redis } from "ioredis";
import { ArrivalMeter, requestedRounds } from "../end_rounds.ts";

const [port, channel = ""] = Deno.args;

const client = new Redis({ host: "127.0.0.1", port: Number(port), lazyConnect: true });
const meter = new ArrivalMeter();
client.on("messageBuffer", () => meter.note(1));
await client.connect();
await client.subscribe(channel);
for await (const events of requestedRounds()) meter.expect(events);
