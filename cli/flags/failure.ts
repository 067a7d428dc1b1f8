import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { WireError } from "../../service/event/codec/wire_error.ts";
import { ConfigError } from "../../service/config/config_error.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Messages } from "../terminal/log.ts";

/** A mistake in how a command was called. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A hint after a mistake in how a command was called. */
export const HELP_HINT = "(add --help for usage and examples)";

/** Reports why a command has failed, line by line. @returns the exit code */
export function reportFailure(error: unknown, { say, fail }: Messages): ExitCode {
  for (const line of messageOf(error).split("\n")) fail(line);
  if (error instanceof UsageError) say(HELP_HINT);
  return exitCodeOf(error);
}

/** The exit code for an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  if (error instanceof WireError || error instanceof RangeError) return EXIT.usage;
  if (!(error instanceof DriverError)) return EXIT.failed;
  switch (error.code) {
    case "CONFIG_INVALID":
    case "DRIVER_UNKNOWN":
      return EXIT.usage;
    case "SEND_TIMEOUT":
      return EXIT.timedOut;
    case "DB_KEY_NOT_FOUND":
    case "FRAME_TOO_LARGE":
    case "REFUSED":
    case "CLOSED":
      return EXIT.failed;
    default:
      return EXIT.unreachable;
  }
}
