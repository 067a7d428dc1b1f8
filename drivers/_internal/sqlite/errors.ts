import { DbUnavailable, DriverError, messageOf } from "../../contract/errors.ts";
import { groupDirectoryFault } from "../denied_place.ts";
import { ownershipAdvice } from "./ownership.ts";

/** There is no database to read, or it is still empty, and this process must not create it. */
export class NoDatabase extends DbUnavailable {}

/** SQLITE_BUSY, SQLITE_LOCKED and SQLITE_PROTOCOL: another connection holds a lock. */
const BUSY_CODES: ReadonlySet<unknown> = new Set([5, 6, 15]);

/**
 * Whether a retry may help because another connection holds a lock.
 *
 * Errors of `exec` lack the number, so SQLite's own text is also checked.
 */
export function isBusy(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || thrown instanceof DriverError) return false;
  const code = "errcode" in thrown && typeof thrown.errcode === "number" ? thrown.errcode : 0;
  return BUSY_CODES.has(code & 0xff) || /\bis locked\b|\blocking protocol\b/.test(thrown.message);
}

/** The usual cause of a damaged database, and the remedy. */
const DAMAGED = "the file is damaged, for example because it was overwritten while it was open: " +
  "stop the service, restore a backup, and remove the -wal and -shm files beside it";
const MAY_NOT_WRITE = /unable to open|readonly|permission denied/i;

/**
 * Translates an error of SQLite or the file system into the error for callers; driver errors stay
 * unchanged.
 */
export function asUnavailable(path: string, thrown: unknown): DriverError {
  if (thrown instanceof DriverError) return thrown;
  return new DbUnavailable(`Database "${path}": ${textOf(path, thrown)}`, { cause: thrown });
}

function textOf(path: string, thrown: unknown): string {
  const reason = reasonOf(thrown);
  if (/malformed/.test(reason)) return `${reason}: ${DAMAGED}`;
  if (!MAY_NOT_WRITE.test(reason)) return reason;
  const fault = groupDirectoryFault(path);
  if (fault !== undefined) return fault;
  const advice = ownershipAdvice(path);
  return advice === undefined ? reason : `${reason}: ${advice}`;
}

/** SQLite appends the path to some texts, but the message contains it already. */
function reasonOf(thrown: unknown): string {
  return messageOf(thrown).replace(/^(unable to open database file): .*$/s, "$1");
}
