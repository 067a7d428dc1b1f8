import { DriverError } from "../../contract/errors.ts";
import { absolutePath } from "../file_path.ts";
import { socketPermissionFault } from "../denied_place.ts";
import { listenerFault } from "./listener_trust.ts";

/** Why this process may not connect to the service's socket; undefined if it may. */
export function permissionFault(path: string): DriverError | undefined {
  const fault = socketPermissionFault(absolutePath(path));
  return fault === undefined
    ? undefined
    : new DriverError("PERMISSION_DENIED", `Cannot publish: ${fault}`);
}

/** The error for a socket without a listening service, which says what to start. */
export function noService(
  path: string,
  { detail = "", cause }: { readonly detail?: string; readonly cause?: unknown },
): DriverError {
  const message = `No publisher service listens at "ipc://${path}"${detail}: start df-pubsub ` +
    "serve, or set [df] publisher_multiproc_socket to its path";
  return new DriverError("NO_PUBLISHER_SERVICE", message, { cause });
}

/**
 * Checks whether this process could publish to the service's socket.
 *
 * @throws {DriverError} `PERMISSION_DENIED`, `NO_PUBLISHER_SERVICE`, and `ADDRESS_INVALID` for a
 * socket of an untrusted account
 */
export async function checkLocalAccess(path: string): Promise<void> {
  const fault = permissionFault(path) ?? listenerFault(`ipc://${absolutePath(path)}`);
  if (fault !== undefined) throw fault;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    throw noService(path, { cause: error });
  }
}
