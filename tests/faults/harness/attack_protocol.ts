/** The topic of the healthy pair. */
export const HEALTHY_TOPIC = "healthy";
/** The topic whose events fill the log of the publisher. */
export const HEAVY_TOPIC = "heavy";
/** Milliseconds since 1970 with fractions: the same clock in every process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** What the healthy subscriber has seen since it was asked last. */
export interface HealthyReport {
  readonly received: number;
  /** Events that did not come, and gaps that the driver told of. */
  readonly missing: number;
  readonly gaps: number;
  /** The number of the next event, of the subscriber that is furthest behind. */
  readonly next: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What the attacked publisher says of itself. */
export interface PublisherReport {
  readonly refused: Readonly<Record<string, number>>;
  readonly peers: number;
  /** In MB, in use. */
  readonly heap: number;
  readonly warnings: readonly string[];
  readonly sent: number;
}

/** Lines of a stream of bytes. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncIterable<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
