import { intOption, type OptionDef, pathOption } from "../../../drivers/contract/option.ts";

const MEBIBYTE = 1024 * 1024;

/** `[df] recorder_path`. */
export const recorderPath: OptionDef<string> = pathOption({
  group: "df",
  name: "recorder_path",
  default: "",
  help:
    "Directory in which the publisher service keeps the events that it publishes, with their values, " +
    "for record --from-recorder, why, and subscribe --since on ZeroMQ. It is created if it is missing. An empty value turns " +
    "the recorder off",
});

/** `[df] recorder_bytes`. */
export const recorderBytes: OptionDef<number> = intOption({
  group: "df",
  name: "recorder_bytes",
  min: 16 * MEBIBYTE,
  max: 64 * 1024 * MEBIBYTE,
  default: String(256 * MEBIBYTE),
  unit: "bytes",
  help:
    "Maximum size of the recorder on the disk. When it is full, the oldest sixteenth is removed",
});

/** The options of the recorder. */
export const recorderOptions: readonly OptionDef[] = [recorderPath, recorderBytes];
