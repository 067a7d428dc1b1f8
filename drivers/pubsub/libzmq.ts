import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { PubPublisher } from "../_internal/libzmq/pub_publisher.ts";
import { SubSubscriber } from "../_internal/libzmq/sub_subscriber.ts";

/**
 * PUB/SUB of libzmq over TCP, and nothing beside it: a publisher binds a PUB socket, subscribers
 * connect a SUB socket to each of any number of publishers. Frames are `[topic, payload]`.
 *
 * libzmq drops what a subscriber is too slow for or was away for, and does not say so. That a
 * subscription has arrived is not confirmed. Peers may speak any ZMTP that libzmq speaks, 1 and 2
 * among them.
 */
export function createLibzmqDriver(context: DriverContext): PubSubDriver {
  return {
    name: "libzmq_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "drops-when-slow",
      liveProof: "handshake",
      confirms: false,
      seesSubscriptions: false,
    },
    openPublisher: () => PubPublisher.open(context),
    openSubscriber: () => SubSubscriber.open(context),
  };
}
