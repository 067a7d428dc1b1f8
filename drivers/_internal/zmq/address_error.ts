import { DriverError, messageOf } from "../../contract/errors.ts";
import { byPortOwner } from "../socket_owner.ts";
import { ZmqError } from "./libzmq.ts";

const ERRNO_ADDRESS_IN_USE = 98;

/** A failure to bind or connect, in the words of the contract. */
export function addressError(action: string, address: string, cause: unknown): DriverError {
  if (cause instanceof DriverError) return cause;
  const isTaken = cause instanceof ZmqError && cause.errno === ERRNO_ADDRESS_IN_USE;
  const owner = isTaken ? byPortOwner(Number(/^tcp:.*:(\d+)$/.exec(address)?.[1] ?? 0)) : "";
  const reason = messageOf(cause).replace(/^zmq_\w+: /, "") + owner;
  const code = isTaken ? "ADDRESS_IN_USE" : "ADDRESS_INVALID";
  return new DriverError(code, `Cannot ${action} "${address}": ${reason}`, { cause });
}
