/** A publisher in its own process, for tests. It prints its port and its warnings. */
import { silentLogger } from "../../drivers/contract/logger.ts";
import { createZmqDriver } from "../../drivers/pubsub/zmq.ts";
import { testSettings } from "./test_settings.ts";

const settings = testSettings({
  "df.publisher_port": "0",
  "df.publisher_bind_address": "127.0.0.1",
});
const log = { ...silentLogger, warn: (message: string) => console.log(message) };
await using publisher = await createZmqDriver({ settings, log }).openPublisher();
console.log(publisher.address.split(":").at(-1));
await Promise.withResolvers<never>().promise;
