import { DriverError } from "../drivers/contract/errors.ts";
import { WireError } from "../service/codec/wire_error.ts";
import { ConfigError } from "../service/config/config_error.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";

/** A mistake in how a command was called. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The exit code that says what kind of failure it was. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  if (error instanceof WireError || error instanceof RangeError) return EXIT.usage;
  if (!(error instanceof DriverError)) return EXIT.failed;
  switch (error.code) {
    case "DRIVER_UNKNOWN":
      return EXIT.usage;
    case "SEND_TIMEOUT":
      return EXIT.timedOut;
    case "DB_KEY_NOT_FOUND":
    case "FRAME_TOO_LARGE":
    case "CLOSED":
      return EXIT.failed;
    default:
      return EXIT.unreachable;
  }
}
