import { DriverError, messageOf } from "../../contract/errors.ts";
import { isIPv4, isIPv6 } from "../../contract/ip_address.ts";
import { AF_INET, AF_INET6, AF_UNIX, type Kernel, MAX_ADDRESS_BYTES } from "./kernel.ts";

const MAX_PORT = 65_535;
const IPV4_BYTES = 16;
const IPV6_BYTES = 28;

/** Where a socket is bound or connected. */
export type Endpoint =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "ipc"; readonly path: string };

/**
 * Reads `tcp://host:port` or `ipc:///path`.
 *
 * @param action what it is wanted for, as a message says it: `subscribe to`
 * @throws {DriverError} `ADDRESS_INVALID`
 */
export function parseEndpoint(address: string, action: string): Endpoint {
  const path = /^ipc:\/\/(.+)$/.exec(address)?.[1];
  if (path !== undefined) return { kind: "ipc", path };
  const [, host, port] = /^tcp:\/\/(\[[^\s\]]+\]|[^\s*;@/[\]]+):(\d+)$/.exec(address) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= MAX_PORT) {
    return { kind: "tcp", host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }
  const wanted = "wanted tcp://host:port or ipc:///path";
  throw new DriverError("ADDRESS_INVALID", `Cannot ${action} "${address}": ${wanted}`);
}

/** A socket address as the kernel takes it, and its family. */
export interface SocketAddress {
  readonly family: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The socket address of a path. */
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

/** The socket address of an IP address, with the zone of an IPv6 one behind a `%`. */
function ipAddress(kernel: Kernel, text: string, port: number): SocketAddress | undefined {
  const [ip = "", zone = ""] = text.split("%");
  if (isIPv4(ip)) {
    return inet(new Uint8Array(ip.split(".").map(Number)), port);
  }
  if (!isIPv6(ip)) return undefined;
  const bytes = new Uint8Array(IPV6_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint16(2, port);
  bytes.set(ipv6Bytes(ip), 8);
  view.setUint32(24, /^\d*$/.test(zone) ? Number(zone) : kernel.interfaceIndex(zone), true);
  return { family: AF_INET6, bytes };
}

function inet(ip: Uint8Array, port: number): SocketAddress {
  const bytes = new Uint8Array(IPV4_BYTES);
  new DataView(bytes.buffer).setUint16(0, AF_INET, true);
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(ip, 4);
  return { family: AF_INET, bytes };
}

function ipv6Bytes(ip: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  const hex = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16);
  const text = dotted === null
    ? ip
    : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":");
  const last = tail === undefined ? [] : groups(tail);
  const first = groups(head);
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const words = [...first, ...zeros, ...last].map((group) => parseInt(group, 16));
  return new Uint8Array(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** Where to bind: `*` for every IPv4 address, an IP address, or the name of an interface or a host. */
export async function bindAddress(
  kernel: Kernel,
  host: string,
  port: number,
): Promise<SocketAddress> {
  if (host === "*") return inet(new Uint8Array(4), port);
  const ofInterface = kernel.interfaceAddress(host);
  return ofInterface === undefined
    ? await hostAddress(kernel, host, port)
    : inet(ofInterface, port);
}

/** Where to connect. @throws {DriverError} `ADDRESS_INVALID` when the name does not resolve */
export async function hostAddress(
  kernel: Kernel,
  host: string,
  port: number,
): Promise<SocketAddress> {
  const literal = ipAddress(kernel, host, port);
  if (literal !== undefined) return literal;
  try {
    // Loading it takes longer than a whole publish to a socket path.
    const { lookup } = await import("node:dns/promises");
    const { address } = await lookup(host);
    const found = ipAddress(kernel, address, port);
    if (found !== undefined) return found;
    throw new Error(`"${address}" is not an IP address`);
  } catch (error) {
    throw new DriverError("ADDRESS_INVALID", `Host "${host}": ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** `host:port` of a socket address; empty for one that has neither. */
export function formatAddress(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = bytes.length < 2 ? 0 : view.getUint16(0, true);
  if (family === AF_INET) return `${bytes.subarray(4, 8).join(".")}:${view.getUint16(2)}`;
  if (family !== AF_INET6) return "";
  const words = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16));
  const host = new URL(`http://[${words.join(":")}]`).hostname;
  return `${host}:${view.getUint16(2)}`;
}
