import { type OptionDef, pathOption } from "../../contract/option.ts";
import { localSocketOptions } from "../local_socket/options.ts";
import { heartbeatInterval, heartbeatTimeout, highWaterMark } from "../zmtp/options.ts";

export const zmqLibrary = pathOption({
  group: "df_zmq",
  name: "library",
  default: "",
  help: "Path of libzmq for the libzmq drivers; an empty value tries the packaged one, then the " +
    "system's",
});

/** The options of the libzmq drivers. */
export const libzmqOptions: readonly OptionDef[] = [
  zmqLibrary,
  highWaterMark,
  heartbeatInterval,
  heartbeatTimeout,
  ...localSocketOptions,
];
