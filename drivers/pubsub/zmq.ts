import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { PubPublisher } from "../_internal/zmtp/publish/pub_publisher.ts";
import { tls } from "../_internal/zmtp/tls_options.ts";
import { SubSubscriber } from "../_internal/zmtp/subscribe/sub_subscriber.ts";

/**
 * ZeroMQ between hosts: a publisher binds a PUB socket, and subscribers connect SUB sockets to any
 * number of publishers. Frames are `[topic, payload]`, as in the original.
 *
 * Between our own ends, a connection loses nothing: a new connection resumes where the last one
 * ended, or a gap says what is lost. A subscriber that is further behind than the publisher keeps
 * events skips the missing ones, without an effect on others.
 */
export function createZmqDriver(context: DriverContext): PubSubDriver {
  const secures = context.settings.get(tls);
  return {
    name: "zmq_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "keeps",
      begins: ["start", "time", "last"],
      liveProof: "confirmed",
      confirms: false,
      ...(secures === "off" ? {} : { secures }),
    },
    openPublisher: (options) => PubPublisher.open(context, options),
    openSubscriber: () => SubSubscriber.open(context),
  };
}
