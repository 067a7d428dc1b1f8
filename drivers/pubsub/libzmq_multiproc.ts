import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { PullSubscriber } from "../_internal/libzmq/pull_subscriber.ts";
import { PushPublisher } from "../_internal/libzmq/push_publisher.ts";
import { checkLocalAccess } from "../_internal/local_socket/local_access.ts";
import { ipcSocket, ipcSocketGroup, ipcSocketMode } from "../_internal/local_socket/options.ts";

/**
 * PUSH/PULL of libzmq over a unix socket, and nothing beside it: any number of publishers hand
 * frames to the one publisher service of the host. Frames are `[topic, payload]`.
 *
 * A full or absent service makes publishers wait, within a bound. A frame that libzmq has taken is
 * not acknowledged: one that is on its way when the service stops is lost.
 */
export function createLibzmqMultiprocDriver(context: DriverContext): PubSubDriver {
  const { settings } = context;
  const path = () => settings.get(ipcSocket);
  return {
    name: "libzmq_pubsub_multiproc_driver",
    traits: {
      reach: "host",
      listensToAddresses: false,
      fanOut: "one",
      delivery: "waits",
      liveProof: "local",
      confirms: false,
      seesSubscriptions: false,
    },
    openPublisher: () => PushPublisher.open(context, path()),
    checkAccess: () => checkLocalAccess(path()),
    openSubscriber: () =>
      PullSubscriber.open(context, path(), {
        mode: settings.get(ipcSocketMode),
        group: settings.get(ipcSocketGroup),
      }),
  };
}
