import { DriverError, messageOf } from "../../contract/errors.ts";
import { accountName, ownUid } from "../accounts.ts";
import { directoryOf } from "../file_path.ts";
import { requireTrustedOwner, trustedDirectory } from "../path_trust.ts";

const IPC = "ipc://";

/**
 * Why a unix socket may not be that of the publisher service; undefined if it is trusted or does
 * not exist. The service runs under this account, root, the owner of the socket's directory, or the
 * owner of a socket that no other account can have created.
 *
 * @param address `ipc://` and the path; other addresses are not checked
 * @param peer the account of the process that accepted a connection, which is also checked
 */
export function listenerFault(address: string, peer?: number): DriverError | undefined {
  if (!address.startsWith(IPC)) return undefined;
  try {
    check(address.slice(IPC.length), peer);
    return undefined;
  } catch (error) {
    const message = `Cannot send to "${address}": ${messageOf(error)}`;
    return new DriverError("ADDRESS_INVALID", message, { cause: error });
  }
}

function check(path: string, peer: number | undefined): void {
  const directory = trustedDirectory(directoryOf(path));
  if (directory === undefined) return;
  const socket = socketOwner(path);
  if (socket !== undefined) requireTrustedOwner(path, socket, directory);
  const trusted = new Set([0, ownUid(), directory.uid, socket]);
  if (peer === undefined || trusted.has(peer)) return;
  const wanted = [...trusted].flatMap((uid) => uid === undefined ? [] : [accountName(uid)]);
  throw new Error(`${accountName(peer)} listens there, wanted ${wanted.join(" or ")}`);
}

function socketOwner(path: string): number | undefined {
  try {
    const info = Deno.lstatSync(path);
    if (info.isSymlink) throw new Error(`"${path}" is a symlink, wanted a socket`);
    return info.uid ?? undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return undefined;
    }
    throw error;
  }
}
