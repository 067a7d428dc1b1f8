/**
 * The base of every error that this library throws for a failure that is not a mistake of its caller.
 * Mistakes are a `TypeError` or a `RangeError`, and an abort rejects with the signal's reason.
 */
export abstract class PubSubError extends Error {
  /** What went wrong, for a caller that acts on it: one of a closed set per class. */
  abstract readonly code: string;
}

/** The closed set of things a caller of a driver may want to tell apart. */
export type DriverErrorCode =
  | "ADDRESS_IN_USE"
  | "ADDRESS_INVALID"
  | "CLOSED"
  | "CONFIG_INVALID"
  | "DB_KEY_NOT_FOUND"
  | "DB_UNAVAILABLE"
  | "DRIVER_UNKNOWN"
  | "FILE_UNUSABLE"
  | "FRAME_TOO_LARGE"
  | "LIBRARY_UNUSABLE"
  | "NO_PUBLISHER_SERVICE"
  | "PERMISSION_DENIED"
  | "REFUSED"
  | "SEND_TIMEOUT"
  | "TRANSPORT_FAILED";

/** Options of a {@linkcode DriverError}. */
export interface DriverErrorOptions extends ErrorOptions {
  /** See {@linkcode DriverError.isUncertain}. @default false */
  readonly isUncertain?: boolean;
}

/**
 * The error of every driver for failures that are not the caller's mistake.
 *
 * The driver translates errors of its library once, and keeps them as `cause`.
 */
export class DriverError extends PubSubError {
  /** The name of the class, as in a stack trace. */
  override readonly name: string = "DriverError";
  /** What went wrong, for callers that act on it. */
  override readonly code: DriverErrorCode;
  /**
   * Whether the operation may have been done nevertheless: it was sent, and then the connection was
   * lost or the time expired before the answer. False if it was certainly not done.
   */
  readonly isUncertain: boolean;

  /**
   * Creates the error.
   *
   * @param message what failed, the subject, what it is and what was wanted; no final period
   */
  constructor(code: DriverErrorCode, message: string, options: DriverErrorOptions = {}) {
    const { isUncertain = false, ...rest } = options;
    super(message, rest);
    this.code = code;
    this.isUncertain = isUncertain;
  }
}

/** A row that does not exist. Never thrown if the database cannot be reached. */
export class DbKeyNotFound extends DriverError {
  /** The name of the class, as in a stack trace. */
  override readonly name = "DbKeyNotFound";

  /**
   * Creates the error.
   *
   * @param topic the requested topic, if any
   */
  constructor(table: string, key: string, topic?: string) {
    const where = topic === undefined ? "" : ` under topic "${topic}"`;
    super("DB_KEY_NOT_FOUND", `Table "${table}" has no row "${key}"${where}`);
  }
}

/** Options of a {@linkcode DbUnavailable}. */
export interface DbUnavailableOptions extends DriverErrorOptions {
  /** See {@linkcode DbUnavailable.isOfRow}. @default false */
  readonly isOfRow?: boolean;
  /** See {@linkcode DbUnavailable.isUnrecognized}. @default false */
  readonly isUnrecognized?: boolean;
}

/**
 * The database cannot be reached or did not answer in time, so it is unknown whether a row exists.
 */
export class DbUnavailable extends DriverError {
  /** The name of the class, as in a stack trace. */
  override readonly name = "DbUnavailable";
  /**
   * Whether the database has answered, but its content for the row is not text: retrying does not
   * help until the row is written again.
   */
  readonly isOfRow: boolean;
  /** Whether no server has answered as one of this kind of database since it was opened. */
  readonly isUnrecognized: boolean;

  /**
   * Creates the error.
   *
   * @param message names the database and what failed
   */
  constructor(
    message: string,
    { isOfRow = false, isUnrecognized = false, ...options }: DbUnavailableOptions = {},
  ) {
    super("DB_UNAVAILABLE", message, options);
    this.isOfRow = isOfRow;
    this.isUnrecognized = isUnrecognized;
  }
}

/** The text of any thrown value, for a message or a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
