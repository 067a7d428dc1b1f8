/** One value in DER, the encoding of certificates (ITU-T X.690). */
export interface DerValue {
  /** The first byte: class, whether the content is values, and number. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly whole: Uint8Array;
}

/** The tags that certificates use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  teletexString: 0x14,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The values that follow each other in these bytes. @throws {RangeError} if they are not DER */
export function readDer(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = readValue(bytes, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** The values inside the first value. @throws {RangeError} if it is not a sequence of values */
export function readSequence(bytes: Uint8Array): readonly DerValue[] {
  const { tag, content } = readValue(bytes, 0);
  if (tag !== TAG.sequence) throw new RangeError("not a sequence");
  return readDer(content);
}

function readValue(bytes: Uint8Array, at: number): DerValue {
  const tag = bytes[at];
  let length = bytes[at + 1] ?? Infinity;
  let begin = at + 2;
  if (length > 0x80) {
    // Four bytes of length are more than any certificate has.
    const count = Math.min(length - 0x80, 5);
    length = bytes.subarray(begin, begin + count).reduce((sum, byte) => 256 * sum + byte, 0);
    begin += count;
  }
  const end = begin + length;
  if (tag === undefined || !(end <= bytes.length)) throw new RangeError("the value is incomplete");
  return { tag, content: bytes.subarray(begin, end), whole: bytes.subarray(at, end) };
}

/** An object identifier as text: `2.5.29.17`. */
export function objectIdOf({ content }: DerValue): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = 128 * number + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...rest].join(".");
}

/** The milliseconds since 1970 of a time. @throws {RangeError} if it is not a time in UTC */
export function timeOf({ tag, content }: DerValue): number {
  const text = String.fromCharCode(...content);
  const [, year = "", ...rest] = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const [month = NaN, day, hour, minute, second] = rest.map(Number);
  // RFC 5280: two digits are years from 1950 to 2049.
  const full = tag === TAG.utcTime
    ? Number(year) + (Number(year) < 50 ? 2000 : 1900)
    : Number(year);
  const time = Date.UTC(full, month - 1, day, hour, minute, second);
  if (Number.isNaN(time)) throw new RangeError(`"${text}" is not a time`);
  return time;
}
