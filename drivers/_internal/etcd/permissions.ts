import type { Settings } from "../../contract/option.ts";
import type { ServerPermissions } from "../../contract/permissions.ts";
import { etcdTlsFiles } from "./options.ts";
import { readEtcdMembers } from "./settings.ts";

/**
 * What accounts of the database need. Rows of publishers, in tables whose names begin with
 * "publisher", say where nodes connect to: only controllers write them.
 */
export function etcdPermissions(settings: Settings): ServerPermissions {
  return {
    ...serverOf(settings),
    roles: {
      controller: ["--prefix readwrite /"],
      node: ["--prefix read /"],
      // In the order of bytes, "/publishes" follows every key with that prefix, and "0" every "/".
      publisher: ["--prefix read /", "readwrite / /publisher", "readwrite /publishes 0"],
    },
  };
}

/** What accounts of the bus need. */
export function etcdBusPermissions(settings: Settings): ServerPermissions {
  const [publish, receive] = ["--prefix readwrite /pubsub/", "--prefix read /pubsub/"];
  return {
    ...serverOf(settings),
    roles: { controller: [publish], node: [receive], publisher: [publish] },
  };
}

function serverOf(settings: Settings): Pick<ServerPermissions, "program" | "server"> {
  const ca = settings.get(etcdTlsFiles.caFile);
  return {
    server: "etcd",
    program: [
      ...["etcdctl", "--endpoints", readEtcdMembers(settings).members.join(",")],
      ...(ca === "" ? [] : ["--cacert", ca]),
    ],
  };
}
