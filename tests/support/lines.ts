/** The lines of a UTF-8 stream without their newlines. An unfinished last line is left out. */
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

/** The values of a text that has one JSON value per line. */
export function jsonLines<Value>(text: string): Value[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
