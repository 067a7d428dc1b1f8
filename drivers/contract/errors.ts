/** The closed set of things a caller of a driver may want to tell apart. */
export type DriverErrorCode =
  | "ADDRESS_IN_USE"
  | "ADDRESS_INVALID"
  | "CLOSED"
  | "DB_KEY_NOT_FOUND"
  | "DB_UNAVAILABLE"
  | "DRIVER_UNKNOWN"
  | "FRAME_TOO_LARGE"
  | "LIBRARY_UNUSABLE"
  | "NO_PUBLISHER_SERVICE"
  | "SEND_TIMEOUT"
  | "TRANSPORT_FAILED";

/**
 * What every driver throws for a failure that is not the caller's mistake.
 *
 * Errors of the library underneath are translated once, at the driver's edge, and kept as `cause`.
 */
export class DriverError extends Error {
  override readonly name: string = "DriverError";
  readonly code: DriverErrorCode;

  constructor(code: DriverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A row that is not there. Never thrown for a database that cannot be reached. */
export class DbKeyNotFound extends DriverError {
  override readonly name = "DbKeyNotFound";

  constructor(table: string, key: string, topic?: string) {
    const where = topic === undefined ? "" : ` under topic "${topic}"`;
    super("DB_KEY_NOT_FOUND", `Table "${table}" has no row "${key}"${where}`);
  }
}

/** The database cannot be reached or did not answer in time: whether a row exists is unknown. */
export class DbUnavailable extends DriverError {
  override readonly name = "DbUnavailable";

  constructor(message: string, options?: ErrorOptions) {
    super("DB_UNAVAILABLE", message, options);
  }
}

/** The text of anything thrown, for a message or a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
