import { publisherPort } from "../contract/options.ts";
import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { bindAddress } from "../_internal/zmq/addresses.ts";
import { SubSubscriber } from "../_internal/zmq/sub_subscriber.ts";
import { XpubPublisher } from "../_internal/zmq/xpub_publisher.ts";

export { zmqOptions } from "../_internal/zmq/options.ts";

/**
 * ZeroMQ between hosts: a publisher binds a PUB socket, subscribers connect SUB sockets to any
 * number of publishers. Frames are `[topic, payload]`, as the original's.
 *
 * Nothing is acknowledged. A subscriber that cannot be sent to, and falls behind by more than
 * `[df_zmq] high_water_mark` events, holds up the others for 50 ms at most and then misses some. One whose reader is too slow holds up nobody: when so many events wait for
 * the reader it misses the next ones, which counts as a connection lost until it has caught up.
 */
export function createZmqDriver(context: DriverContext): PubSubDriver {
  const { settings } = context;
  return {
    name: "zmq_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "drops-when-slow",
      liveProof: "echo",
      confirms: false,
    },
    openPublisher: () =>
      Promise.resolve().then(() =>
        XpubPublisher.open(context, bindAddress(settings, settings.get(publisherPort)))
      ),
    openSubscriber: () => Promise.resolve().then(() => new SubSubscriber(context)),
  };
}
