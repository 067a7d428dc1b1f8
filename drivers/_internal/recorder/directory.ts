import { DriverError } from "../../contract/errors.ts";
import { closeDescriptor, openLock, tryLock } from "../file_lock.ts";
import { trustedDirectory } from "../path_trust.ts";
import { LOCK_FILE, NO_DIRECTORY } from "./segments.ts";

const DIRECTORY_MODE = 0o750;

/**
 * Creates the directory if it is missing, and locks it.
 *
 * @returns a descriptor; closing it releases the lock
 * @throws {DriverError} `ADDRESS_IN_USE` if another process records there, and `PERMISSION_DENIED`
 * if other accounts may create files there, or if this account may not
 * @throws {Error} if another account may replace its files; errors of the system
 */
export async function lockDirectory(directory: string): Promise<number> {
  await Deno.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE }).catch((error) => {
    throw error instanceof Deno.errors.AlreadyExists ? new Error(NO_DIRECTORY) : error;
  });
  if (trustedDirectory(directory, { groupMayWrite: true })?.isShared) {
    throw new DriverError(
      "PERMISSION_DENIED",
      `other accounts may create files in "${directory}": set another [df] recorder_path`,
    );
  }
  const path = `${directory}/${LOCK_FILE}`;
  const lock = openLock(path);
  if (lock === undefined) {
    throw new DriverError(
      "PERMISSION_DENIED",
      `"${path}" cannot be created: give the directory to the account of the service`,
    );
  }
  if (tryLock(lock)) return lock;
  closeDescriptor(lock);
  throw new DriverError(
    "ADDRESS_IN_USE",
    `another process records in "${directory}": set another [df] recorder_path`,
  );
}
