import {
  fileModeOption,
  floatOption,
  type HostFacts,
  intOption,
  type OptionDef,
  stringOption,
} from "../../contract/option.ts";

export const zmqLibrary = stringOption({
  group: "df_zmq",
  name: "library",
  default: "",
  help: "Path of the libzmq to load; empty tries the packaged one, then the system's",
});

export const highWaterMark = intOption({
  group: "df_zmq",
  name: "high_water_mark",
  default: "50000",
  min: 1,
  max: 10_000_000,
  unit: "events",
  help: "How many events may wait to be sent to one peer, and how many for a slow reader before " +
    "it misses some",
});

export const heartbeatInterval = floatOption({
  group: "df_zmq",
  name: "heartbeat_interval",
  default: "5",
  min: 0,
  max: 3600,
  unit: "seconds",
  help: "Time after which a quiet connection is probed; 0 turns probes off",
});

export const heartbeatTimeout = floatOption({
  group: "df_zmq",
  name: "heartbeat_timeout",
  default: "15",
  min: 0.1,
  max: 3600,
  unit: "seconds",
  help: "Maximum time without an answer to a probe before the connection ends and is made again",
});

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

/** The options of both ZeroMQ drivers. */
export const zmqOptions: readonly OptionDef[] = [
  zmqLibrary,
  highWaterMark,
  heartbeatInterval,
  heartbeatTimeout,
  ipcSocket,
  ipcSocketMode,
  ipcSocketGroup,
];
