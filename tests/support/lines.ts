/** The lines of a stream of UTF-8 text, without their ends; an unfinished last one is left out. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}

/** The values of a text with one JSON value per line. */
export function jsonLines<Value>(text: string): Value[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
