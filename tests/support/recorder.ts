import type {
  FrameRecorder,
  RecordedPart,
  RecorderOptions,
  RecorderReader,
  RecorderReadOptions,
} from "../../drivers/contract/recorder.ts";
import { openRecorder } from "../../drivers/_internal/recorder/recorder.ts";
import { systemClock } from "../../service/base/clock.ts";

export const MEBIBYTE = 1024 * 1024;

/** A recorder with what it has reported. */
export interface ReportingRecorder extends AsyncDisposable {
  readonly recorder: FrameRecorder;
  /** What was found at the start, failures and successes, in order. */
  readonly reports: string[];
}

/** Opens a recorder of 16 MiB, unless told otherwise. */
export async function reportingRecorder(
  path: string,
  options: Partial<RecorderOptions> = {},
): Promise<ReportingRecorder> {
  const reports: string[] = [];
  const recorder = await openRecorder({
    path,
    maxBytes: 16 * MEBIBYTE,
    clock: systemClock,
    onFound: (text) => reports.push(`found: ${text}`),
    onFailure: (error) => reports.push(`failure: ${(error as Error).message}`),
    onSuccess: () => reports.push("success"),
    ...options,
  });
  return { recorder, reports, [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose]() };
}

/** A payload that begins with a number. */
export function numbered(number: number, size = 250): Uint8Array {
  const payload = new Uint8Array(size);
  new DataView(payload.buffer).setFloat64(0, number);
  return payload;
}

/** What a reader reads: the numbers of frames, and losses as `reason` or `count: reason`. */
export async function readNumbers(
  reader: RecorderReader,
  options?: RecorderReadOptions,
): Promise<(number | string)[]> {
  const read: (number | string)[] = [];
  for await (const part of reader.read(options)) {
    const found = partOf(part);
    // One by one: there are more than a call takes as arguments.
    for (const each of options?.newestFirst ? found.reverse() : found) read.push(each);
  }
  return read;
}

function partOf(part: RecordedPart): (number | string)[] {
  if (part.kind === "loss") {
    return [part.events === null ? part.reason : `${part.events}: ${part.reason}`];
  }
  return Array.from(part.frames(), ({ payload }) => {
    return new DataView(payload.buffer, payload.byteOffset).getFloat64(0);
  });
}
