import { DriverError } from "../../contract/errors.ts";
import { publisherBindAddress, publisherTransport } from "../../contract/options.ts";
import type { Settings } from "../../contract/option.ts";

const HIGHEST_PORT = 65_535;

/**
 * Makes sure that an address can be connected to; libzmq takes any number for a port, and then
 * tries to connect to it for ever.
 *
 * @param action what it is wanted for, as a message says it: `subscribe to`
 * @throws {DriverError} `ADDRESS_INVALID`
 */
export function checkAddress(address: string, action: string): void {
  if (isAddress(address)) return;
  const wanted = "wanted tcp://host:port or ipc:///path";
  throw new DriverError("ADDRESS_INVALID", `Cannot ${action} "${address}": ${wanted}`);
}

/**
 * Makes sure that an address is one of another host: what a peer names must not lead to a socket
 * inside this host.
 *
 * @throws {DriverError} `ADDRESS_INVALID`
 */
export function checkNetworkAddress(address: string, action: string): void {
  if (isNetworkAddress(address)) return;
  throw new DriverError(
    "ADDRESS_INVALID",
    `Cannot ${action} "${address}": wanted tcp://host:port`,
  );
}

function isAddress(address: string): boolean {
  return isNetworkAddress(address) || /^ipc:\/\/.+$/.test(address);
}

// "*" binds, ";" names the address to connect from, and libzmq knows no credentials.
function isNetworkAddress(address: string): boolean {
  const port = /^tcp:\/\/[^\s*;@/]+:(\d+)$/.exec(address)?.[1];
  return Number(port) >= 1 && Number(port) <= HIGHEST_PORT;
}

/**
 * Where a port of this host is bound, on the address of the configuration; 0 is any free one.
 *
 * @throws {DriverError} `ADDRESS_INVALID` for a transport that libzmq has not
 */
export function bindAddress(settings: Settings, port: number): string {
  const transport = settings.get(publisherTransport);
  if (transport !== "tcp") {
    const wanted = "wanted tcp, the only one libzmq is built with here";
    throw new DriverError("ADDRESS_INVALID", `Cannot publish by "${transport}": ${wanted}`);
  }
  const host = settings.get(publisherBindAddress);
  return `tcp://${bracketed(host)}:${port === 0 ? "*" : port}`;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
