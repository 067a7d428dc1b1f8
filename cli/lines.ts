/** A line of input, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined when the line was longer than the bound. */
  readonly text: string | undefined;
}

const LINE_FEED = 10;

/** Splits octets into lines, keeping no more than `maxBytes` of one. The last may lack its end. */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Line> {
  const decoder = new TextDecoder();
  let number = 0;
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array) => {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
  };
  const take = (): Line => {
    const text = size > maxBytes ? undefined : parts.map((p) => decoder.decode(p, { stream: true }))
      .join("") + decoder.decode();
    parts = [];
    size = 0;
    return { number: ++number, text };
  };
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (size > 0) yield take();
}
