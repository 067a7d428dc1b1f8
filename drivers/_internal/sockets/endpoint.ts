import { DriverError, messageOf } from "../../contract/errors.ts";
import { AF_INET, AF_INET6, AF_UNIX, type Kernel, MAX_ADDRESS_BYTES } from "./kernel.ts";

const MAX_PORT = 65_535;

/** The address that a socket binds or connects to. */
export type Endpoint =
  | {
    readonly kind: "tcp";
    readonly host: string;
    readonly port: number;
    /** Whether the address says `tls`. */
    readonly isSecure: boolean;
  }
  | { readonly kind: "ipc"; readonly path: string };

/**
 * Parses `tcp://host:port`, `tls://host:port` or `ipc:///path`: an address to subscribe to.
 *
 * @throws {DriverError} `ADDRESS_INVALID`
 */
export function parseEndpoint(address: string): Endpoint {
  const path = /^ipc:\/\/(.+)$/.exec(address)?.[1];
  if (path !== undefined) return { kind: "ipc", path };
  const [, scheme, host, port] =
    /^(tcp|tls):\/\/(\[[^\s\]]+\]|[^\s*;@/[\]]+):(\d+)$/.exec(address) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= MAX_PORT) {
    const bare = host.replace(/^\[|\]$/g, "");
    return { kind: "tcp", host: bare, port: Number(port), isSecure: scheme === "tls" };
  }
  const wanted = "wanted tcp://host:port, tls://host:port or ipc:///path";
  throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${wanted}`);
}

/** A socket address in the format of the kernel, and its family. */
export interface SocketAddress {
  readonly family: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The socket address of a path. @throws {DriverError} `ADDRESS_INVALID` if the path is too long */
export function unixAddress(path: string): SocketAddress {
  const text = new TextEncoder().encode(path);
  const bytes = new Uint8Array(MAX_ADDRESS_BYTES);
  bytes[0] = AF_UNIX;
  if (text.length > MAX_ADDRESS_BYTES - 3) {
    const is = `${text.length} bytes, wanted at most ${MAX_ADDRESS_BYTES - 3}`;
    throw new DriverError("ADDRESS_INVALID", `Socket path "${path}": ${is}`);
  }
  bytes.set(text, 2);
  return { family: AF_UNIX, bytes };
}

/** The socket address of an IP address; undefined if invalid. An IPv6 zone follows a `%`. */
function ipAddress(kernel: Kernel, text: string, port: number): SocketAddress | undefined {
  const [ip = "", zone = ""] = text.split("%");
  const ipv4 = kernel.ipAddress(AF_INET, ip);
  if (ipv4 !== undefined) return inetAddress(ipv4, port);
  const ipv6 = kernel.ipAddress(AF_INET6, ip);
  const scope = /^\d*$/.test(zone) ? Number(zone) : kernel.interfaceIndex(zone);
  return ipv6 && inetAddress(ipv6, port, scope);
}

/** A `struct sockaddr_in`, or a `sockaddr_in6` with the index of an interface. */
function inetAddress(ip: Uint8Array, port: number, scope = 0): SocketAddress {
  const isIPv4 = ip.length === 4;
  const family = isIPv4 ? AF_INET : AF_INET6;
  const bytes = new Uint8Array(isIPv4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  bytes.set(ip, isIPv4 ? 4 : 8);
  if (!isIPv4) view.setUint32(24, scope, true);
  return { family, bytes };
}

/**
 * The address to bind: `*` for every IPv4 address, an IP address, or the name of an interface or
 * host.
 */
export async function bindAddress(
  kernel: Kernel,
  host: string,
  port: number,
): Promise<SocketAddress> {
  const ip = host === "*" ? new Uint8Array(4) : kernel.interfaceAddress(host);
  return ip === undefined ? await hostAddress(kernel, host, port) : inetAddress(ip, port);
}

/** Finds the addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

async function systemLookup(host: string) {
  // Loading this module takes longer than an entire publish to a socket path.
  const { lookup } = await import("node:dns/promises");
  return await lookup(host, { all: true });
}

/**
 * The address to connect to. If the name has several, each attempt uses the next one.
 *
 * @throws {DriverError} `ADDRESS_INVALID` if the name does not resolve
 */
export async function hostAddress(
  kernel: Kernel,
  host: string,
  port: number,
  { attempt = 0, lookup = systemLookup }: {
    readonly attempt?: number;
    readonly lookup?: Lookup | undefined;
  } = {},
): Promise<SocketAddress> {
  const literal = ipAddress(kernel, host, port);
  if (literal !== undefined) return literal;
  try {
    const addresses = await lookup(host);
    const { address = "" } = addresses[attempt % addresses.length] ?? {};
    const found = ipAddress(kernel, address, port);
    if (found !== undefined) return found;
    throw new Error(`"${address}" is not an IP address`);
  } catch (error) {
    const reason = messageOf(error);
    const what = reason.includes("ENOTFOUND") ? "no such host" : reason;
    throw new DriverError("ADDRESS_INVALID", `Host "${host}": ${what}`, { cause: error });
  }
}

/** Formats a socket address as `host:port`; empty for other families than IPv4 and IPv6. */
export function formatAddress(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = bytes.length < 2 ? 0 : view.getUint16(0, true);
  if (family === AF_INET) return `${bytes.subarray(4, 8).join(".")}:${view.getUint16(2)}`;
  if (family !== AF_INET6) return "";
  const words = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16));
  const host = new URL(`http://[${words.join(":")}]`).hostname;
  return `${host}:${view.getUint16(2)}`;
}
