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

/** The kernel takes paths of sockets of up to 107 bytes. */
const MAX_PATH_BYTES = 107;

export const ipcSocket: OptionDef<string> = {
  group: "df",
  name: "publisher_multiproc_socket",
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
  help: "Path of the socket that local publishers hand their events to. A user's runtime " +
    "directory is XDG_RUNTIME_DIR, or else /run/user/UID, or else ~/.local/state",
};

export const ipcSocketMode = fileModeOption({
  group: "df_zmq",
  name: "ipc_socket_mode",
  default: "0660",
  help: "Permission bits of that socket; to connect is to write",
});

export const ipcSocketGroup = stringOption({
  group: "df_zmq",
  name: "ipc_socket_group",
  default: "",
  help: "Group that owns that socket; empty leaves the service's own",
});

/** The options of the socket of local publishers. */
export const localSocketOptions: readonly OptionDef[] = [ipcSocket, ipcSocketMode, ipcSocketGroup];
