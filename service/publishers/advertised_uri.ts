import { isIPv4, isIPv6 } from "../../drivers/contract/ip_address.ts";

/** Where a publisher is bound, and the address of this host that other nodes know. */
export interface BoundAddress {
  /** `tcp`, or whatever stands before `://`. */
  readonly transport: string;
  /** The configured address: a host, an IP address with or without brackets, or `*`. */
  readonly bindAddress: string;
  /** Where it is really bound, if it is: it has the address of an interface that is named. */
  readonly boundAddress?: string | undefined;
  /** The port really bound, which is not the configured one when that was 0 or `*`. */
  readonly port: number;
  /** The option `management_ip`. */
  readonly managementIp: string;
}

/** What goes into the publishers table. */
export interface AdvertisedUri {
  readonly uri: string;
  /** True when only this host can connect there: a loopback, or no address in particular. */
  readonly isLoopback: boolean;
  /** The option of `[df]` that the address comes from. */
  readonly option: "management_ip" | "publisher_bind_address";
}

/** Bound everywhere, or (the original's rule) to a loopback: the node's own address is told. */
const REPLACED_BY_MANAGEMENT_IP: ReadonlySet<string> = new Set(
  ["*", "127.0.0.1", "0.0.0.0", "::", "::1"],
);

/**
 * The address that subscribers are told to connect to.
 *
 * The bind address, unless it is no address that another node could use (`*`, `0.0.0.0`, `::`,
 * `127.0.0.1`, `::1`): then `management_ip`. Of the name of an interface, the address that is bound.
 * IPv6 stands in brackets.
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

/** An IP address as it is; anything else is a name, which only the host itself may know. */
function addressOf(bind: string, boundAddress: string | undefined): string {
  if (isIPv4(bind) || isIPv6(bind)) return bind;
  return boundAddress === undefined ? bind : hostOf(boundAddress) ?? bind;
}

/** The host of an address such as `tcp://[::1]:8866`, without brackets; undefined without one. */
export function hostOf(address: string): string | undefined {
  const host = /^[a-z]+:\/\/(.+):\d{1,5}$/.exec(address)?.[1];
  return host === undefined ? undefined : bareHost(host);
}

/** The host without brackets; an IPv6 address in its shortest form, so that it compares. */
function bareHost(address: string): string {
  const host = address.trim().replace(/^\[(.*)\]$/, "$1");
  // An address with a zone (`fe80::1%eth0`) is none to a URL; it has one spelling only anyway.
  if (!isIPv6(host) || host.includes("%")) return host;
  return new URL(`http://[${host}]`).hostname.slice(1, -1);
}

/** Whether only a host itself can connect there, by an IP address or a name. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith("127.") || host === "0.0.0.0";
  if (isIPv6(host)) return host === "::" || host === "::1" || host.startsWith("::ffff:7f");
  return host === "*" || /^(.+\.)?localhost\.?$/i.test(host);
}

/** The port at the end of an address such as `tcp://0.0.0.0:8866`; undefined when it has none. */
export function portOf(address: string): number | undefined {
  const digits = /:(\d{1,5})$/.exec(address)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
