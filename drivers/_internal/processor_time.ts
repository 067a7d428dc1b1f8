import { openLibc } from "./libc.ts";

// Deno provides it only by `node:process`, which would stay in memory for this one number.
const SYMBOLS = {
  getrusage: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const THIS_PROCESS = 0;
/** A `struct rusage`: two times in seconds and microseconds, and 14 more numbers. */
const WORDS = 18;

/**
 * The processor time that this process has used in user and system mode, in seconds.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function processorSeconds(): number {
  using libc = openLibc(SYMBOLS);
  const usage = new BigInt64Array(WORDS);
  libc.symbols.getrusage(THIS_PROCESS, usage);
  const [userSeconds, userMicros, systemSeconds, systemMicros] = Array.from(usage, Number);
  const micros = (userMicros ?? 0) + (systemMicros ?? 0);
  return (userSeconds ?? 0) + (systemSeconds ?? 0) + micros / 1e6;
}
