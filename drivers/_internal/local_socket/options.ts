import {
  fileModeOption,
  type HostFacts,
  type OptionDef,
  stringOption,
} from "../../contract/option.ts";

const socketPath = (facts: HostFacts) =>
  facts.isRoot
    ? "/var/run/zmq_pubsub/zmq-publisher-socket"
    : `${facts.runtimeDirectory}/df-pubsub/zmq-publisher-socket`;

/** The kernel's maximum length of a unix socket's path. */
const MAX_PATH_BYTES = 107;

export const ipcSocket: OptionDef<string> = {
  group: "df",
  name: "publisher_multiproc_socket",
  isPath: true,
  type: {
    wanted: `a path of 1 to ${MAX_PATH_BYTES} bytes`,
    parse(text) {
      const bytes = new TextEncoder().encode(text).length;
      return bytes >= 1 && bytes <= MAX_PATH_BYTES ? text : undefined;
    },
    format: String,
  },
  aliases: [{ group: "df_zmq", name: "ipc_socket" }],
  default: socketPath,
  defaultHelp: "/var/run/zmq_pubsub/zmq-publisher-socket as root, " +
    "<runtime directory>/df-pubsub/zmq-publisher-socket as a user",
  help: "Path of the unix socket to which local publishers send their events. The runtime " +
    "directory of a user is XDG_RUNTIME_DIR, or else /run/user/UID, or else ~/.local/state",
};

export const ipcSocketMode = fileModeOption({
  group: "df_zmq",
  name: "ipc_socket_mode",
  default: "0660",
  help: "Permission bits of the local publishers' socket; a process needs write permission to " +
    "connect",
});

export const ipcSocketGroup = stringOption({
  group: "df_zmq",
  name: "ipc_socket_group",
  default: "",
  help: "Group that owns the local publishers' socket; empty keeps the group of the service",
});

/** The options of the socket for local publishers. */
export const localSocketOptions: readonly OptionDef[] = [ipcSocket, ipcSocketMode, ipcSocketGroup];
