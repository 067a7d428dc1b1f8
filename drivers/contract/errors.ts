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
  | "DB_KEY_NOT_FOUND"
  | "DB_UNAVAILABLE"
  | "DRIVER_UNKNOWN"
  | "FRAME_TOO_LARGE"
  | "LIBRARY_UNUSABLE"
  | "NO_PUBLISHER_SERVICE"
  | "PERMISSION_DENIED"
  | "REFUSED"
  | "SEND_TIMEOUT"
  | "TRANSPORT_FAILED";

/** How a {@linkcode DriverError} came about. */
export interface DriverErrorOptions extends ErrorOptions {
  /** See {@linkcode DriverError.isUncertain}. @default false */
  readonly isUncertain?: boolean;
}

/**
 * What every driver throws for a failure that is not the caller's mistake.
 *
 * Errors of the library underneath are translated once, at the driver's edge, and kept as `cause`.
 */
export class DriverError extends PubSubError {
  /** The name of the class, as in a stack trace. */
  override readonly name: string = "DriverError";
  /** What went wrong, for callers that act on it. */
  override readonly code: DriverErrorCode;
  /**
   * Whether the operation may have been done all the same: it was handed over, and the connection was
   * lost or the time was over before it was answered. False when it was certainly not done.
   */
  readonly isUncertain: boolean;

  /**
   * Makes the error; nothing else happens.
   *
   * @param message what failed, the subject, what is and what was wanted; no final period
   */
  constructor(code: DriverErrorCode, message: string, options: DriverErrorOptions = {}) {
    const { isUncertain = false, ...rest } = options;
    super(message, rest);
    this.code = code;
    this.isUncertain = isUncertain;
  }
}

/** A row that is not there. Never thrown for a database that cannot be reached. */
export class DbKeyNotFound extends DriverError {
  /** The name of the class, as in a stack trace. */
  override readonly name = "DbKeyNotFound";

  /**
   * Makes the error; nothing else happens.
   *
   * @param topic the topic that was asked for, if any
   */
  constructor(table: string, key: string, topic?: string) {
    const where = topic === undefined ? "" : ` under topic "${topic}"`;
    super("DB_KEY_NOT_FOUND", `Table "${table}" has no row "${key}"${where}`);
  }
}

/** How a {@linkcode DbUnavailable} came about. */
export interface DbUnavailableOptions extends ErrorOptions {
  /** See {@linkcode DbUnavailable.isOfRow}. @default false */
  readonly isOfRow?: boolean;
}

/** The database cannot be reached or did not answer in time: whether a row exists is unknown. */
export class DbUnavailable extends DriverError {
  /** The name of the class, as in a stack trace. */
  override readonly name = "DbUnavailable";
  /**
   * Whether the database did answer, and what it holds for the row is no text: to try again is of no
   * use until somebody has written the row anew.
   */
  readonly isOfRow: boolean;

  /**
   * Makes the error; nothing else happens.
   *
   * @param message names the database and what it did or did not answer
   */
  constructor(message: string, { isOfRow = false, ...options }: DbUnavailableOptions = {}) {
    super("DB_UNAVAILABLE", message, options);
    this.isOfRow = isOfRow;
  }
}

/** The text of anything thrown, for a message or a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
