/** The namespace of host names: 6ba7b810-9dad-11d1-80b4-00c04fd430c8 (RFC 9562 §6.6). */
const NAMESPACE_DNS: readonly number[] = [
  ...[0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1],
  ...[0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8],
];

/**
 * The id of the publisher on a host: the name-based UUID, version 5, of the host's name in the DNS
 * namespace (RFC 9562 §5.5), the same as Python's `uuid.uuid5(uuid.NAMESPACE_DNS, name)`.
 *
 * The same name always results in the same id, so a restarted service finds its row again, and two
 * hosts that both call themselves `localhost` share one. The name is case-sensitive.
 *
 * @example
 * ```ts ignore
 * await publisherId("controller.example.com"); // "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6"
 * ```
 */
export async function publisherId(hostName: string): Promise<string> {
  const named = Uint8Array.of(...NAMESPACE_DNS, ...new TextEncoder().encode(hostName));
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-1", named), 0, 16);
  bytes[6] = 0x50 | 0x0f & (bytes[6] ?? 0); // version 5
  bytes[8] = 0x80 | 0x3f & (bytes[8] ?? 0); // RFC 9562's variant
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
