import { DriverError, messageOf } from "../../contract/errors.ts";
import { byPortOwner } from "./socket_owner.ts";
import { ERRNO, errnoText, KernelError } from "./errno.ts";

/** Converts a failure to bind or connect to a {@linkcode DriverError}. */
export function addressError(action: string, address: string, cause: unknown): DriverError {
  if (cause instanceof DriverError) return cause;
  const isTaken = cause instanceof KernelError && cause.errno === ERRNO.addressInUse;
  const owner = isTaken ? byPortOwner(Number(/^t(?:cp|ls):.*:(\d+)$/.exec(address)?.[1] ?? 0)) : "";
  const reason = cause instanceof KernelError ? errnoText(cause.errno) : messageOf(cause);
  const code = isTaken ? "ADDRESS_IN_USE" : "ADDRESS_INVALID";
  return new DriverError(code, `Cannot ${action} "${address}": ${reason}${owner}`, { cause });
}
