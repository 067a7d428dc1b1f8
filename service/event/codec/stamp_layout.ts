import type { WireFormat } from "./wire_fields.ts";

/** Number of bytes of a publisher's id. */
export const PUBLISHER_BYTES = 36;

const ID = "i".repeat(PUBLISHER_BYTES);
const BLANKS_16 = " ".repeat(16);

/**
 * The bytes of a stamp as this project writes it. It ends the payload, and each part has a fixed
 * offset. Only the bytes of publisher, epoch, sequence number and time differ between stamps.
 */
export interface StampLayout {
  /** The bytes, with placeholders for the varying ones. */
  readonly bytes: Uint8Array;
  /** Offsets of the bytes that are the same in every stamp. */
  readonly fixed: Uint8Array;
  /** Offset of the publisher's id from the start of the stamp. */
  readonly publisher: number;
  readonly epoch: number;
  readonly seq: number;
  readonly sent: number;
}

/**
 * `map`: four names of the payload's own map, each number as `cf` and 8 bytes. The header of the id
 * is one of the old specification, like those of the original.
 */
const MAP_STAMP: StampLayout = layoutOf([
  ["\xa9publisher\xda\x00\x24", ID],
  ["\xa5epoch\xcf", "12345678"],
  ["\xa3seq\xcf", "12345678"],
  ["\xa4sent\xcf", "12345678"],
], "");

/**
 * `json`: four members and the brace that ends the text; numbers are padded with leading blanks.
 */
const JSON_STAMP: StampLayout = layoutOf([
  [', "publisher": "', ID],
  ['", "epoch": ', BLANKS_16],
  [', "seq": ', BLANKS_16],
  [', "sent": ', BLANKS_16],
], "}");

/** The layout for a format. */
export function stampLayout(format: WireFormat): StampLayout {
  return format === "map" ? MAP_STAMP : JSON_STAMP;
}

/** Whether the bytes from `start` to the end are a stamp of this layout. Allocates nothing. */
export function isStamp(payload: Uint8Array, start: number, layout: StampLayout): boolean {
  const { bytes, fixed } = layout;
  if (start < 0 || payload.length - start !== bytes.length) return false;
  for (let i = 0; i < fixed.length; i++) {
    const at = fixed[i] ?? 0;
    if (payload[start + at] !== bytes[at]) return false;
  }
  return true;
}

type Part = readonly [fixed: string, varying: string];

function layoutOf(parts: readonly [Part, Part, Part, Part], end: string): StampLayout {
  let text = "";
  const starts: number[] = [];
  const offsets: number[] = [];
  for (const [fixed, varying] of [...parts, [end, ""]]) {
    for (let i = 0; i < fixed.length; i++) offsets.push(text.length + i);
    text += fixed;
    starts.push(text.length);
    text += varying;
  }
  const [publisher = 0, epoch = 0, seq = 0, sent = 0] = starts;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return { bytes, fixed: Uint8Array.from(offsets), publisher, epoch, seq, sent };
}
