import { kernelText } from "./libc.ts";

/**
 * The resident memory of this process, in bytes, without pages of files: the kernel may remove and
 * map those at any time.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function privateMemory(): number {
  const [, kilobytes] = kernelText("/proc/self/status")?.match(/^RssAnon:\s+(\d+) kB$/m) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}
