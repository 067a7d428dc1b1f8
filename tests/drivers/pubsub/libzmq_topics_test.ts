import { Bus } from "../../contract/pubsub_bus.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { libzmqDriver } from "../../support/zmq/libzmq_drivers.ts";
import { portOf } from "../../support/zmq/zmq_test.ts";

Deno.test("libzmq reports that a publisher is live again, when topics are registered all the time", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(libzmqDriver());
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerTopic("D");
    await bus.follow(subscriber);
    let count = 0;
    const registering = setInterval(() => subscriber.registerTopic(`t${count++}`), 20);
    try {
      await publisher.close({ timeoutMs: 5_000 });
      await health.has("disconnected");
      await using _again = await libzmqDriver({ "df.publisher_port": portOf(publisher.address) })
        .openPublisher();
      await health.has("live handshake", 2);
    } finally {
      clearInterval(registering);
    }
  }));
