import { takesMore } from "../drivers/host.ts";

const STDERR = 2;
/** A stream that has room takes this many bytes at once (PIPE_BUF). */
const ROOM_BYTES = 4096;
/** Time for the reader of a full stream, before lines are dropped. */
const READER_MS = 100;

let room = 0;
let dropped = 0;
let lookAgainAt = 0;

/**
 * Writes a line to standard error, and drops lines while its reader takes nothing: a pipe that nobody
 * reads would stop the process. The next line that is written follows the number of dropped ones.
 *
 * @param tell the line that reports this number of dropped lines
 */
export function writeUnlessUnread(line: string, tell: (dropped: number) => string): void {
  const gap = dropped === 0 ? "" : `${tell(dropped)}\n`;
  const bytes = 3 * (gap.length + line.length);
  if (room < bytes) room = hasRoom() ? ROOM_BYTES : 0;
  if (room === 0) {
    dropped++;
    return;
  }
  room = Math.max(0, room - bytes);
  dropped = 0;
  console.error(gap + line);
}

function hasRoom(): boolean {
  if (dropped > 0 && performance.now() < lookAgainAt) return false;
  const takes = takesMore(STDERR, dropped === 0 ? READER_MS : 0);
  lookAgainAt = performance.now() + READER_MS;
  return takes;
}
