/** A line of input, without its end; or why it cannot be read. */
export type Line =
  /** Numbers count from 1. */
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string };

const LINE_FEED = 10;

/**
 * The octets of a stream in chunks. An abort ends them, as the end of the stream does, even while
 * nothing comes; what the stream still held is lost then.
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const reader = stream.getReader();
  const end = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", end, { once: true });
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", end);
    reader.releaseLock();
  }
}

/**
 * Splits octets into lines of UTF-8, keeping no more than `maxBytes` of one. The last may lack its
 * end.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Line> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array) => {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
  };
  const take = (): Line => {
    number++;
    const line = size > maxBytes
      ? { number, problem: `longer than ${maxBytes} octets` }
      : decoded(number, parts);
    parts = [];
    size = 0;
    return line;
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

function decoded(number: number, parts: readonly Uint8Array[]): Line {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const texts = parts.map((part) => decoder.decode(part, { stream: true }));
    return { number, text: texts.join("") + decoder.decode() };
  } catch {
    return { number, problem: "not UTF-8" };
  }
}
