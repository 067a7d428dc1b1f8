import { DriverError } from "../contract/errors.ts";
import { publisherBindAddress, publisherPort, publisherTransport } from "../contract/options.ts";
import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { SubSubscriber } from "../_internal/zmq/sub_subscriber.ts";
import { XpubPublisher } from "../_internal/zmq/xpub_publisher.ts";

export { zmqOptions } from "../_internal/zmq/options.ts";

/**
 * ZeroMQ between hosts: a publisher binds a PUB socket, subscribers connect SUB sockets to any
 * number of publishers. Frames are `[topic, payload]`, as the original's.
 *
 * Nothing is acknowledged: a subscriber that falls behind by more than `[df_zmq] high_water_mark`
 * events, or is cut off, misses some.
 */
export function createZmqDriver(context: DriverContext): PubSubDriver {
  return {
    name: "zmq_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "drops-when-slow",
      liveProof: "echo",
    },
    openPublisher: () => XpubPublisher.open(context, bindAddress(context)),
    openSubscriber: () => Promise.resolve().then(() => new SubSubscriber(context)),
  };
}

function bindAddress({ settings }: DriverContext): string {
  const transport = settings.get(publisherTransport);
  if (transport !== "tcp") {
    const wanted = "wanted tcp, the only one libzmq is built with here";
    throw new DriverError("ADDRESS_INVALID", `Cannot publish by "${transport}": ${wanted}`);
  }
  const host = settings.get(publisherBindAddress);
  const port = settings.get(publisherPort);
  return `tcp://${bracketed(host)}:${port === 0 ? "*" : port}`;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
