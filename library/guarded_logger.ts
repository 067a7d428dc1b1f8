import type { Logger } from "../drivers/contract/logger.ts";

type Line = Parameters<Logger["info"]>;

/** A logger that ignores the errors of another one: they must not interrupt the work that it logs. */
export function guardedLogger(log: Logger): Logger {
  const writer = (level: keyof Logger) => (...line: Line) => {
    try {
      log[level](...line);
    } catch {
      // There is no other place to report it.
    }
  };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}
