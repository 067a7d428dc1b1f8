import { takesMore, writeInParts } from "../drivers/host.ts";

const STDERR = 2;
/** A stream that has room takes this many bytes at once (PIPE_BUF). */
const ROOM_BYTES = 4096;
/** Time that the reader of a full stream has before lines are dropped. */
const READER_MS = 100;

let room = 0;
let dropped = 0;
let lookAgainAt = 0;
/** Whether the last line was cut. */
let isCut = false;

/**
 * Writes a line to standard error, and drops lines while its reader takes nothing: a pipe that nobody
 * reads would stop the process. The next written line comes after one with the number of dropped
 * lines.
 *
 * @param tell makes the line that reports this number of dropped lines
 */
export function writeUnlessUnread(line: string, tell: (dropped: number) => string): void {
  const gap = dropped === 0 ? "" : `${tell(dropped)}\n`;
  const text = `${isCut ? "\n" : ""}${gap}${line}`;
  const bytes = 3 * text.length;
  if (room < bytes) room = hasRoom() ? ROOM_BYTES : 0;
  if (room === 0) {
    dropped++;
    return;
  }
  room = Math.max(0, room - bytes);
  isCut = !write(text);
  dropped = isCut ? 1 : 0;
}

/** Returns false if the text was cut because the reader of the stream took only a part. */
function write(text: string): boolean {
  const bytes = new TextEncoder().encode(`${text}\n`);
  const written = bytes.length > ROOM_BYTES ? writeInParts(STDERR, bytes, READER_MS) : undefined;
  if (written === undefined) console.error(text);
  return written === undefined || written === bytes.length;
}

function hasRoom(): boolean {
  if (dropped > 0 && performance.now() < lookAgainAt) return false;
  const takes = takesMore(STDERR, dropped === 0 ? READER_MS : 0);
  lookAgainAt = performance.now() + READER_MS;
  return takes;
}
