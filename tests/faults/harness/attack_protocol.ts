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
  /** Events that the gaps say are lost. */
  readonly told: number;
  /** Why connections have ended. */
  readonly disconnected: readonly string[];
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
  /** Events that subscribers were too slow for. */
  readonly skipped: number;
  /** When a subscriber was further behind than the log is long, and when it was warned of. */
  readonly overAt: number | undefined;
  readonly warnedAt: number | undefined;
}

/** Options from arguments, `group.option=value` each. */
export function overridesOf(args: readonly string[]): Record<string, string> {
  return Object.fromEntries(args.map((arg) => {
    const at = arg.indexOf("=");
    return [arg.slice(0, at), arg.slice(at + 1)];
  }));
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
