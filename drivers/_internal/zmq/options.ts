import { stringOption } from "../../contract/option.ts";

export const zmqLibrary = stringOption({
  group: "df_zmq",
  name: "library",
  default: "",
  help: "Path of the libzmq to load; empty tries the packaged one, then the system's",
});
