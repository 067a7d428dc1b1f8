import { floatOption, intOption, stringOption } from "../../contract/option.ts";

export { heartbeatInterval, heartbeatTimeout, highWaterMark } from "../zmtp/options.ts";
export { ipcSocket, ipcSocketGroup, ipcSocketMode } from "../local_socket/options.ts";

export const REQUEST_SOCKET_SUFFIX = ".ask";

export const zmqLibrary = stringOption({
  group: "df_zmq",
  name: "library",
  default: "",
  help: "Path of the libzmq to load; empty tries the packaged one, then the system's",
});

export const slowSubscriberWait = floatOption({
  group: "df_zmq",
  name: "slow_subscriber_wait",
  default: "0.05",
  min: 0,
  max: 60,
  unit: "seconds",
  help: "Longest a subscriber that is too slow may hold up the others before it misses events",
});

export const pubSubReplayPort = intOption({
  group: "df",
  name: "pub_sub_replay_port",
  default: "8867",
  min: 0,
  max: 65535,
  help: "Port where subscribers ask a publisher for events that they missed; 0, or a " +
    "publisher_port of 0, is any free one",
});
