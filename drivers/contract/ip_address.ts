const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^(?:${BYTE}\\.){3}${BYTE}$`);
const ZONE = /%[0-9a-z.:-]+$/i;

/** Whether a text is an IPv4 address: four decimal numbers without leading zeros. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** Whether a text is an IPv6 address without brackets, with or without a zone (`fe80::1%eth0`). */
export function isIPv6(text: string): boolean {
  const address = text.replace(ZONE, "");
  // A part in IPv4 notation must have four numbers, while a URL accepts fewer.
  const last = address.slice(address.lastIndexOf(":") + 1);
  if (!/^[0-9a-f:.]*$/i.test(address) || last.includes(".") && !isIPv4(last)) return false;
  return URL.canParse(`http://[${address}]`);
}
