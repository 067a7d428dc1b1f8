import { utf8FaultAt } from "../../drivers/contract/utf8.ts";

/** The text of a configuration file, or what keeps it from being one. */
export type FileText = { readonly text: string } | { readonly problem: FileFault };

/** Where a file is not text. */
export interface FileFault {
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong and what is wanted. */
  readonly message: string;
}

/** Decodes a configuration file: UTF-8 without NUL. */
export function textOf(bytes: Uint8Array): FileText {
  const [first = 0, second = 0] = bytes;
  if (first + second === 0xfe + 0xff && Math.min(first, second) === 0xfe) {
    return { problem: { line: 1, message: "is UTF-16, wanted UTF-8" } };
  }
  const fault = utf8FaultAt(bytes, 0, bytes.length);
  if (fault >= 0) return { problem: faultAt(bytes, fault, "invalid UTF-8") };
  const nul = bytes.indexOf(0);
  if (nul >= 0) return { problem: faultAt(bytes, nul, "NUL, wanted text,") };
  return { text: new TextDecoder().decode(bytes) };
}

/** Lines end as they do for the parser. */
function faultAt(bytes: Uint8Array, at: number, what: string): FileFault {
  // One character for each byte, so that lengths are in bytes.
  const before = new TextDecoder("latin1").decode(bytes.subarray(0, at)).split(/\r\n|\r|\n/);
  const byte = (before.at(-1)?.length ?? 0) + 1;
  return { line: before.length, message: `${what} at byte ${byte} of the line` };
}
