import { isIPv4, isIPv6 } from "./ip_address.ts";

/** Where a publisher is bound, and the address of this host that other nodes know. */
export interface BoundAddress {
  /** `tcp`, or whatever stands before `://`. */
  readonly transport: string;
  /** The configured address: a host, an IP address with or without brackets, or `*`. */
  readonly bindAddress: string;
  /** The port really bound, which is not the configured one when that was 0 or `*`. */
  readonly port: number;
  /** The option `local_ip`. */
  readonly localIp: string;
}

/** What goes into the publishers table. */
export interface AdvertisedUri {
  readonly uri: string;
  /** True when only this host can connect there: a loopback, or no address in particular. */
  readonly isLoopback: boolean;
}

/** Bound everywhere, or (the original's rule) to a loopback: the node's own address is told. */
const REPLACED_BY_LOCAL_IP: ReadonlySet<string> = new Set(
  ["*", "127.0.0.1", "0.0.0.0", "::", "::1"],
);

/**
 * The address that subscribers are told to connect to.
 *
 * The bind address, unless it is no address that another node could use (`*`, `0.0.0.0`, `::`,
 * `127.0.0.1`, `::1`): then `local_ip`. IPv6 stands in brackets.
 */
export function advertisedUri(bound: BoundAddress): AdvertisedUri {
  const bind = bareHost(bound.bindAddress);
  const host = REPLACED_BY_LOCAL_IP.has(bind) ? bareHost(bound.localIp) : bind;
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return { uri: `${bound.transport}://${bracketed}:${bound.port}`, isLoopback: isLoopback(host) };
}

/** The host without brackets; an IPv6 address in its shortest form, so that it compares. */
function bareHost(address: string): string {
  const host = address.trim().replace(/^\[(.*)\]$/, "$1");
  // An address with a zone (`fe80::1%eth0`) is none to a URL; it has one spelling only anyway.
  if (!isIPv6(host) || host.includes("%")) return host;
  return new URL(`http://[${host}]`).hostname.slice(1, -1);
}

function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.") || host === "0.0.0.0";
  if (isIPv6(host)) return host === "::" || host === "::1" || host.startsWith("::ffff:7f");
  return host === "*" || /^(.+\.)?localhost\.?$/i.test(host);
}

/** The port at the end of an address such as `tcp://0.0.0.0:8866`; undefined when it has none. */
export function portOf(address: string): number | undefined {
  const digits = /:(\d{1,5})$/.exec(address)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
