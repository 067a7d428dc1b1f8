import { isIPv4, isIPv6 } from "../../drivers/contract/ip_address.ts";

/** The scheme, the longest host name, and a port. */
const MAX_CHARACTERS = 265;
const SHOWN_CHARACTERS = 60;
const ADDRESS = /^(?:tcp|tls):\/\/(?:\[([^\]]+)\]|([\w.-]+)):(\d{1,5})$/;
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Whether subscribers on other hosts can connect to an address from the publishers table: `tcp://` or
 * `tls://`, an IP address or host name, and a port. Addresses within a host, such as `ipc://`, do not
 * qualify.
 */
export function isPublisherAddress(uri: string): boolean {
  if (uri.length > MAX_CHARACTERS) return false;
  const [, ipv6, host, port] = ADDRESS.exec(uri) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return isPort && (ipv6 === undefined ? isHost(host ?? "") : isSpecificIPv6(ipv6));
}

function isHost(host: string): boolean {
  return /^[\d.]+$/.test(host) ? isIPv4(host) && !WILDCARDS.has(host) : /^\w/.test(host);
}

function isSpecificIPv6(address: string): boolean {
  return isIPv6(address) && !WILDCARDS.has(address);
}

/** Whether two addresses have the same host and port, whatever their schemes are. */
export function isSamePlace(uri: string, other: string): boolean {
  return placeIn(uri) === placeIn(other);
}

function placeIn(uri: string): string {
  return uri.replace(/^(?:tcp|tls):/, "");
}

/**
 * An address from the publishers table, quoted for a message: shortened, and without credentials.
 */
export function shownAddress(uri: string): string {
  const bare = uri.replace(/\/\/[^/]*@/, "//…@");
  return JSON.stringify(
    bare.length <= SHOWN_CHARACTERS ? bare : `${bare.slice(0, SHOWN_CHARACTERS)}…`,
  );
}
