import { createHash } from "node:crypto";

/** The namespace of host names (RFC 9562, appendix of namespace ids). */
export const NAMESPACE_DNS = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/**
 * The id of the publisher on a host: the name-based UUID, version 5, of its name in the DNS
 * namespace (RFC 9562 §5.5), as Python's `uuid.uuid5(uuid.NAMESPACE_DNS, name)` gives it.
 *
 * The same name always gives the same id, so a restarted service finds its row again; and two
 * hosts that both call themselves `localhost` share one. Letters keep their case: `Host` and
 * `host` differ.
 *
 * @example
 * ```ts ignore
 * publisherId("controller.example.com"); // "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6"
 * ```
 */
export function publisherId(hostName: string): string {
  const digest = createHash("sha1")
    .update(NAMESPACE_DNS.replaceAll("-", ""), "hex")
    .update(hostName, "utf8")
    .digest();
  const octets = digest.subarray(0, 16);
  octets.writeUInt8((octets.readUInt8(6) & 0x0f) | 0x50, 6); // version 5
  octets.writeUInt8((octets.readUInt8(8) & 0x3f) | 0x80, 8); // the variant of the RFC
  return octets.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
