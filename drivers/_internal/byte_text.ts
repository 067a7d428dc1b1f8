/** Converts at most some thousand bytes to a text with one character per byte. */
export function byteText(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes);
}

/** Writes a text with one character per byte. */
export function writeByteText(into: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
}

/** The bytes of a text with one character per byte. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  writeByteText(bytes, 0, text);
  return bytes;
}
