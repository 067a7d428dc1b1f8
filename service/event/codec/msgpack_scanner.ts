import { type FieldMark, NIL, OTHER } from "./event_fields.ts";
import { MAX_LEVELS, tooDeep } from "./limits.ts";
import { utf8FaultAt } from "../../../drivers/contract/utf8.ts";
import { WireError } from "./wire_error.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Checks every byte of a MessagePack document without creating values: it allocates nothing, except
 * the error for a document that it refuses.
 *
 * It accepts what JSON can express: nil, booleans, finite floats, integers, UTF-8 strings (with any
 * header), arrays, and maps with string keys. It does not use a library's decoder:
 * `@msgpack/msgpack` silently turns invalid UTF-8 into other text, so a relay would forward events
 * that its peers' decoders reject.
 *
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MsgpackScanner {
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #textStart = 0;

  /** Begins a document. It is borrowed until the next one, or until {@linkcode release}. */
  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** Drops the reference to the document. */
  release(): void {
    this.#bytes = NO_BYTES;
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#at;
  }

  /** Offset of the first byte of the last text; the text ends at {@linkcode position}. */
  get textStart(): number {
    return this.#textStart;
  }

  /**
   * Reads the header of a map. @returns the number of names that it claims. The claim is unverified
   * until the names have been read, so nothing may be allocated for it
   */
  mapHeader(): number {
    const head = this.#byte();
    if (head >= 0x80 && head < 0x90) return head & 0x0f;
    if (head === 0xde) return this.#uint16();
    if (head === 0xdf) return this.#uint32();
    throw this.#mistyped("a map");
  }

  /** Reads a string. @returns the number of bytes of its text */
  text(): number {
    const head = this.#byte();
    if (head >= 0xa0 && head < 0xc0) return this.#passText(head & 0x1f);
    if (head === 0xd9) return this.#passText(this.#byte());
    if (head === 0xda) return this.#passText(this.#uint16());
    if (head === 0xdb) return this.#passText(this.#uint32());
    throw this.#mistyped("a string");
  }

  /**
   * Reads one value with everything in it.
   *
   * @param level number of nested maps and arrays, including the value if it is one
   * @returns its mark: for a string the number of bytes of its text
   * @throws {WireError}
   */
  value(level: number): FieldMark {
    const head = this.#bytes[this.#at] ?? 0xc1;
    if (head < 0x80 || head >= 0xe0) return this.#passSimple(0);
    if (head < 0x90 || head >= 0xde) return this.#passMap(level);
    if (head < 0xa0 || head >= 0xdc) return this.#passArray(level);
    if (head < 0xc0 || head >= 0xd9) return this.text();
    return this.#passScalar(head);
  }

  /** Checks that the document ends here. @throws {WireError} `TRAILING_BYTES` */
  finish(): void {
    const left = this.#bytes.length - this.#at;
    if (left === 0) return;
    const message = `Payload "end": ${left} extra bytes after the document`;
    throw new WireError("TRAILING_BYTES", message);
  }

  #passMap(level: number): FieldMark {
    if (level > MAX_LEVELS) throw tooDeep();
    const count = this.mapHeader();
    for (let i = 0; i < count; i++) {
      this.text();
      this.value(level + 1);
    }
    return OTHER;
  }

  #passArray(level: number): FieldMark {
    if (level > MAX_LEVELS) throw tooDeep();
    const head = this.#byte();
    const short = head < 0xa0;
    const count = short ? head & 0x0f : head === 0xdc ? this.#uint16() : this.#uint32();
    for (let i = 0; i < count; i++) this.value(level + 1);
    return OTHER;
  }

  #passScalar(head: number): FieldMark {
    switch (head) {
      case 0xc0:
        this.#byte();
        return NIL;
      case 0xc2:
      case 0xc3:
        return this.#passSimple(0);
      case 0xca:
      case 0xcb:
        return this.#passFloat(head === 0xca ? 4 : 8);
      case 0xcf:
      case 0xd3:
        return this.#passSimple(8);
      default:
        return this.#passSimple(this.#shortIntSize(head));
    }
  }

  /** Number of bytes after an integer's header: cc, cd, ce are unsigned, d0, d1, d2 are signed. */
  #shortIntSize(head: number): number {
    if (head >= 0xcc && head <= 0xce) return 1 << (head - 0xcc);
    if (head >= 0xd0 && head <= 0xd2) return 1 << (head - 0xd0);
    this.#byte();
    throw this.#mistyped("a type that JSON has");
  }

  #passSimple(following: number): FieldMark {
    this.#advance(1 + following);
    return OTHER;
  }

  /** In infinity and NaN all bits of the exponent are set: 8 bits, or 11. */
  #passFloat(size: 4 | 8): FieldMark {
    const at = this.#advance(1 + size) + 1;
    const second = size === 4 ? 0x80 : 0xf0;
    const top = this.#look(at) & 0x7f;
    if (top !== 0x7f || (this.#look(at + 1) & second) !== second) return OTHER;
    const message = `Payload "number": infinite or NaN at byte ${at - 1}, wanted a finite number`;
    throw new WireError("FIELD_MISTYPED", message);
  }

  #passText(size: number): number {
    const start = this.#advance(size);
    this.#textStart = start;
    const fault = utf8FaultAt(this.#bytes, start, this.#at);
    if (fault < 0) return size;
    throw new WireError("INVALID_UTF8", `Payload "text": invalid UTF-8 at byte ${fault}`);
  }

  #byte(): number {
    return this.#look(this.#advance(1));
  }

  #uint16(): number {
    const at = this.#advance(2);
    return this.#look(at) << 8 | this.#look(at + 1);
  }

  #uint32(): number {
    const high = this.#uint16();
    return high * 0x1_0000 + this.#uint16();
  }

  /** Advances. @returns the previous offset */
  #advance(size: number): number {
    const from = this.#at;
    if (from + size > this.#bytes.length) throw this.#truncated(size);
    this.#at = from + size;
    return from;
  }

  #look(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #truncated(wanted: number): WireError {
    const left = this.#bytes.length - this.#at;
    const message = `Payload "end": ${left} bytes left at ${this.#at}, wanted ${wanted} or more`;
    return new WireError("TRUNCATED", message);
  }

  /** The error for the last header. */
  #mistyped(wanted: string): WireError {
    const head = this.#look(this.#at - 1).toString(16);
    const message = `Payload "type": 0x${head} at byte ${this.#at - 1}, wanted ${wanted}`;
    return new WireError("FIELD_MISTYPED", message);
  }
}
