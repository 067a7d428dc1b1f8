import { isIPv4, isIPv6 } from "../../contract/ip_address.ts";
import { Reason } from "../reason.ts";
import { der } from "./der_writer.ts";
import { type AlternativeName, canonicalHost } from "./names.ts";

const HOST_NAME = /^(?:\*\.)?[a-z\d_](?:[a-z\d_.-]*[a-z\d_])?$/i;
const TAGS = { DNS: 0x82, URI: 0x86, IP: 0x87 } as const;

/** The kind of a name by its form. @throws {Reason} if the name is invalid */
export function nameOfText(text: string): AlternativeName {
  if (isIPv4(text) || isIPv6(text)) return { kind: "IP", value: text };
  if (/^[a-z][a-z\d+.-]*:\/\/[!-~]+$/i.test(text)) return { kind: "URI", value: text };
  if (HOST_NAME.test(text) && /[^\d.]/.test(text) && text.length <= 253) {
    return { kind: "DNS", value: text };
  }
  throw new Reason(`"${text}": not a name, wanted a host name, an IP address or a URI`);
}

/** A name as a GeneralName (RFC 5280) in DER. */
export function encodeName({ kind, value }: AlternativeName): Uint8Array {
  const content = kind === "IP" ? addressBytes(value) : new TextEncoder().encode(value);
  return der(TAGS[kind], content);
}

function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split(".").map(Number));
  const [head = [], tail = []] = canonicalHost(address).split("::").map((half) =>
    half.split(":").filter(Boolean)
  );
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  const words = [...head, ...zeros, ...tail].map((word) => Number.parseInt(word, 16));
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}
