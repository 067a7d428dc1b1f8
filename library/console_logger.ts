import { requireOptions } from "../drivers/contract/argument.ts";
import type { LogFields, Logger } from "../drivers/contract/logger.ts";
import { utcTime } from "../drivers/contract/utc_time.ts";
import { LEVELS, textLine } from "../service/base/log_line.ts";
import { writeUnlessUnread } from "./unread_output.ts";

/**
 * A logger that writes one line per message to standard error: time, level, message and fields.
 * Control characters are spelled out, as texts of peers may hold any. With `--allow-ffi`, it drops
 * and counts lines while nobody reads the pipe of standard error; without, a full pipe stops the
 * process.
 *
 * @param options `level` is the least that is written (default: `info`)
 * @throws {RangeError} for an unknown level
 * @throws {TypeError} for a level that is not in an object
 *
 * @example Only what needs a person
 * ```ts
 * import { consoleLogger } from "@df/pubsub";
 *
 * const log = consoleLogger({ level: "error" });
 * log.info("not written");
 * log.error("The database cannot be reached", { place: "192.0.2.1:6379" });
 * ```
 */
export function consoleLogger(
  options: { readonly level?: "debug" | "info" | "warn" | "error" } = {},
): Logger {
  requireOptions("consoleLogger", options, '{ level: "warn" }');
  const { level = "info" } = options;
  const least = LEVELS.indexOf(level);
  if (least < 0) {
    throw new RangeError(`consoleLogger "level": "${level}", wanted one of ${LEVELS.join(", ")}`);
  }
  const writer = (own: typeof level) => (message: string, fields: LogFields = {}) => {
    if (LEVELS.indexOf(own) < least) return;
    const time = utcTime(Date.now());
    writeUnlessUnread(textLine({ time, level: own, message }, fields), (lines) => {
      const what = lines === 1 ? "1 log line was" : `${lines} log lines were`;
      const warning = `${what} dropped: standard error was not read`;
      return textLine({ time, level: "warn", message: warning }, {});
    });
  };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}
