import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { checkLocalAccess } from "../_internal/local_socket/local_access.ts";
import { PullSubscriber } from "../_internal/zmtp/push_pull/pull_subscriber.ts";
import { PushPublisher } from "../_internal/zmtp/push_pull/push_publisher.ts";
import { ipcSocket } from "../_internal/local_socket/options.ts";
import { readSocketAccess } from "../_internal/local_socket/socket_access.ts";

/**
 * ZeroMQ inside a host: any number of publishers PUSH to the publisher service, which PULLs from a
 * unix socket. Frames are `[topic, payload]`, as in the original.
 *
 * A full or absent service makes publishers wait, within a timeout; nothing is dropped.
 */
export function createZmqMultiprocDriver(context: DriverContext): PubSubDriver {
  const { settings } = context;
  const path = () => settings.get(ipcSocket);
  return {
    name: "zmq_pubsub_multiproc_driver",
    traits: {
      reach: "host",
      listensToAddresses: false,
      fanOut: "one",
      delivery: "waits",
      begins: [],
      liveProof: "local",
      confirms: true,
    },
    openPublisher: () => PushPublisher.open(context, path()),
    checkAccess: () => checkLocalAccess(path()),
    openSubscriber: async ({ announcement } = {}) =>
      await PullSubscriber.open(context, path(), readSocketAccess(settings), announcement),
  };
}
