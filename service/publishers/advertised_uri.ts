import { isIPv4, isIPv6 } from "../../drivers/contract/ip_address.ts";

/**
 * The address to which a publisher is bound, and the address of this host that other nodes know.
 */
export interface BoundAddress {
  /** `tcp`, or any other scheme before `://`. */
  readonly transport: string;
  /** The configured address: a host, an IP address with or without brackets, or `*`. */
  readonly bindAddress: string;
  /** The actual address: if the configured one names an interface, that of the interface. */
  readonly boundAddress?: string | undefined;
  /** The actual port; it differs from the configured one if that is 0 or `*`. */
  readonly port: number;
  /** The option `management_ip`. */
  readonly managementIp: string;
}

/** The address that the publishers table contains. */
export interface AdvertisedUri {
  readonly uri: string;
  /** Whether only this host can connect to it: it is a loopback or wildcard address. */
  readonly isLoopback: boolean;
  /** The option of `[df]` from which the address comes. */
  readonly option: "management_ip" | "publisher_bind_address";
}

/** Wildcards and, as in the original, loopbacks: `management_ip` replaces them. */
const REPLACED_BY_MANAGEMENT_IP: ReadonlySet<string> = new Set(
  ["*", "127.0.0.1", "0.0.0.0", "::", "::1"],
);

/**
 * The address at which subscribers connect.
 *
 * It is the bind address, unless other nodes cannot use that (`*`, `0.0.0.0`, `::`, `127.0.0.1`,
 * `::1`): then it is `management_ip`. For the name of an interface it is the bound address. IPv6
 * addresses are in brackets.
 */
export function advertisedUri(bound: BoundAddress): AdvertisedUri {
  const bind = bareHost(bound.bindAddress);
  const isReplaced = REPLACED_BY_MANAGEMENT_IP.has(bind);
  const host = isReplaced ? bareHost(bound.managementIp) : addressOf(bind, bound.boundAddress);
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return {
    uri: `${bound.transport}://${bracketed}:${bound.port}`,
    isLoopback: isLoopback(host),
    option: isReplaced ? "management_ip" : "publisher_bind_address",
  };
}

/**
 * Returns an IP address unchanged; for a name, which only this host may know, the bound address.
 */
function addressOf(bind: string, boundAddress: string | undefined): string {
  if (isIPv4(bind) || isIPv6(bind)) return bind;
  return boundAddress === undefined ? bind : hostOf(boundAddress) ?? bind;
}

/**
 * The host of an address such as `tcp://[::1]:8866`, without brackets; undefined if it has none.
 */
export function hostOf(address: string): string | undefined {
  const host = /^[a-z]+:\/\/(.+):\d{1,5}$/.exec(address)?.[1];
  return host === undefined ? undefined : bareHost(host);
}

/** The host without brackets; an IPv6 address in its shortest form, so that it can be compared. */
function bareHost(address: string): string {
  const host = address.trim().replace(/^\[(.*)\]$/, "$1");
  // A URL cannot contain an address with a zone (`fe80::1%eth0`), which has only one spelling
  // anyway.
  if (!isIPv6(host) || host.includes("%")) return host;
  return new URL(`http://[${host}]`).hostname.slice(1, -1);
}

/** Whether only the host itself can connect to this IP address or name. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.") || host === "0.0.0.0";
  if (isIPv6(host)) return host === "::" || host === "::1" || host.startsWith("::ffff:7f");
  return host === "*" || /^(.+\.)?localhost\.?$/i.test(host);
}

/** The port at the end of an address such as `tcp://0.0.0.0:8866`; undefined if it has none. */
export function portOf(address: string): number | undefined {
  const digits = /:(\d{1,5})$/.exec(address)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
