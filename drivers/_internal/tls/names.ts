import type { Certificate } from "./certificate.ts";
import type { DerValue } from "./der.ts";

/** A subject alternative name of a certificate. */
export interface AlternativeName {
  readonly kind: "DNS" | "IP" | "URI";
  readonly value: string;
}

const KINDS: Readonly<Record<number, AlternativeName["kind"]>> = {
  0x82: "DNS",
  0x86: "URI",
  0x87: "IP",
};

/** Reads a GeneralName (RFC 5280); names of other kinds are left out. */
export function alternativeNameOf({ tag, content }: DerValue): readonly AlternativeName[] {
  const kind = KINDS[tag];
  if (kind === undefined) return [];
  if (kind === "IP") return [{ kind, value: addressOf(content) }];
  const value = String.fromCharCode(...content).slice(0, 512);
  // A peer chooses the text: nothing in it may end a line of the log.
  return [{ kind, value: value.replaceAll(/[^!-~]/g, "?") }];
}

function addressOf(bytes: Uint8Array): string {
  if (bytes.length !== 16) return bytes.join(".");
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const words = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16));
  return canonicalHost(words.join(":"));
}

/** A host as it is compared: lower case, without brackets, IPv6 in its shortest form. */
export function canonicalHost(host: string): string {
  const bare = host.replaceAll(/^\[|\]$/g, "").replace(/%.*$/, "").toLowerCase();
  if (!bare.includes(":") || !URL.canParse(`http://[${bare}]`)) return bare;
  return new URL(`http://[${bare}]`).hostname.slice(1, -1);
}

/** A name as text: `DNS:node-1.example.org`. */
export function formatName({ kind, value }: AlternativeName): string {
  return `${kind}:${value}`;
}

/** The names of a certificate as text, for messages. */
export function formatNames({ names, subject }: Pick<Certificate, "names" | "subject">): string {
  const shown = names.slice(0, 8).map(formatName);
  if (shown.length === 0) return `none, only the subject "${subject}"`;
  return shown.join(", ") + (names.length > 8 ? ", …" : "");
}

/**
 * Whether a name of the certificate matches one of the patterns. In a pattern `*` is one or more
 * characters, but no dot, slash or colon; `DNS:`, `IP:` or `URI:` in front accepts only that kind. Case
 * does not matter.
 */
export function matchesNames(
  { names }: Pick<Certificate, "names">,
  patterns: readonly string[],
): boolean {
  const tests = patterns.map(expressionOf);
  return names.some((name) => tests.some((test) => test.test(formatName(name))));
}

function expressionOf(pattern: string): RegExp {
  const [, kind = "[A-Z]+:", value = ""] = /^((?:DNS|IP|URI):)?(.*)$/is.exec(pattern) ?? [];
  const parts = value.split("*").map((each) => each.replaceAll(/[.+?^${}()|[\]\\/]/g, "\\$&"));
  return new RegExp(`^${kind}${parts.join("[^./:]+")}$`, "i");
}

/**
 * Whether a certificate is for a host, as in RFC 9525: an address by a name of kind IP; a host name
 * by one of kind DNS, or by a wildcard for the first label.
 */
export function isForHost({ names }: Pick<Certificate, "names">, host: string): boolean {
  const wanted = canonicalHost(host);
  const [, parent] = /^[^.]+(\..+)$/.exec(wanted) ?? [];
  const isAddress = /^[\d.]+$|:/.test(wanted);
  return names.some(({ kind, value }) => {
    const name = value.toLowerCase();
    if (kind !== (isAddress ? "IP" : "DNS")) return false;
    return name === wanted || !isAddress && parent !== undefined && name === `*${parent}`;
  });
}
