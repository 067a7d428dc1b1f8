/** Named values that belong to a log line; secrets never do. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where library code reports to. One line per change of state, never one per event. */
export interface Logger {
  /** What only a developer wants to know. */
  debug(message: string, fields?: LogFields): void;
  /** A change of state that is as it should be. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong and is being dealt with. */
  warn(message: string, fields?: LogFields): void;
  /** Something is wrong and needs a person. */
  error(message: string, fields?: LogFields): void;
}

/** A logger that keeps nothing: the default of the library, which never writes to a console. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
