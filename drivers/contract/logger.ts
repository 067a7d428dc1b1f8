/** Named values of a log line; never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The destination of library code's reports: one line per change of state, never one per event. */
export interface Logger {
  /** Information for developers. */
  debug(message: string, fields?: LogFields): void;
  /** A normal change of state. */
  info(message: string, fields?: LogFields): void;
  /** A problem that the program handles. */
  warn(message: string, fields?: LogFields): void;
  /** A problem that a person must solve. */
  error(message: string, fields?: LogFields): void;
}

/**
 * A logger that discards everything: the default of the library, which never writes to a console.
 */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
