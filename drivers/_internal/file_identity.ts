import { openLibc } from "./libc.ts";

// Node's fstat would load its whole file system module at the start. The layout of statx's result
// is the same on every platform.
const SYMBOLS = {
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const OF_THE_DESCRIPTOR = 0x1000; // AT_EMPTY_PATH
const STATX_INO = 0x100;
const STATX_BYTES = 256;
const INODE_AT = 32;
const MAJOR_AT = 136;
const MINOR_AT = 140;

/**
 * The file of a descriptor, as `<device>:<inode>` in decimal; undefined if the descriptor is not
 * open.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function fileIdentity(fd: number): string | undefined {
  using libc = openLibc(SYMBOLS);
  const stat = new DataView(new ArrayBuffer(STATX_BYTES));
  const into = new Uint8Array(stat.buffer);
  const failed = libc.symbols.statx(fd, Uint8Array.of(0), OF_THE_DESCRIPTOR, STATX_INO, into);
  if (failed !== 0) return undefined;
  const device = deviceOf(stat.getUint32(MAJOR_AT, true), stat.getUint32(MINOR_AT, true));
  return `${device}:${stat.getBigUint64(INODE_AT, true)}`;
}

/** The number of a device, as by makedev(3). */
function deviceOf(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (high & ~0xfffn) << 32n | (high & 0xfffn) << 8n | (low & ~0xffn) << 12n | (low & 0xffn);
}
