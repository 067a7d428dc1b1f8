import { cString, openLibc } from "./libc.ts";

const SYMBOLS = {
  statvfs: { parameters: ["buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * Size of a `struct statvfs` of 64-bit Linux in numbers, with a margin, and the relevant indexes.
 */
const NUMBERS = 32;
const FRAGMENT_SIZE = 1;
const AVAILABLE = 4;

/**
 * Number of bytes that this account may still write to the file system of a path; undefined if the
 * path does not exist. It uses libc, since the executable's Deno has no function for it.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function freeBytes(path: string): number | undefined {
  using libc = openLibc(SYMBOLS);
  const numbers = new BigUint64Array(NUMBERS);
  if (libc.symbols.statvfs(cString(path), numbers) !== 0) return undefined;
  return Number((numbers[FRAGMENT_SIZE] ?? 0n) * (numbers[AVAILABLE] ?? 0n));
}
