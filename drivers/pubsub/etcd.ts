import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { EtcdPublisher } from "../_internal/etcd/bus/publisher.ts";
import { EtcdSubscriber } from "../_internal/etcd/bus/subscriber.ts";

/**
 * etcd: a bus that keeps events. An event is put on the key of its topic, as in the original, and
 * subscribers watch the key; a subscriber that was disconnected resumes at its revision.
 *
 * Delivery is in order per topic, and complete until etcd is compacted. If events were compacted
 * before a subscriber has read them, the topic has a `gap`.
 */
export function createEtcdDriver(context: DriverContext): PubSubDriver {
  return {
    name: "etcd_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: false,
      fanOut: "all",
      delivery: "keeps",
      begins: ["start", "time", "last", "position"],
      liveProof: "confirmed",
      confirms: true,
    },
    openPublisher: () => EtcdPublisher.open(context),
    openSubscriber: (options) => EtcdSubscriber.open(context, options),
  };
}
