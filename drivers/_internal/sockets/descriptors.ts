import { type Libc, openLibc } from "../libc.ts";

const SYMBOLS = {
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const RLIMIT_NOFILE = 7;
const F_GETFD = 1;
/**
 * Number of descriptors to check. The kernel assigns the lowest free one; higher ones are not
 * counted.
 */
const MAX_LOOKED_AT = 65_536;

/** Use of descriptors by this process. */
export interface Descriptors {
  readonly open: number;
  /** The limit that {@linkcode maxDescriptors} returns. */
  readonly max: number;
}

/** Returns how many descriptors this process may open: the soft limit of RLIMIT_NOFILE. */
export function maxDescriptors(): number {
  using libc = openLibc(SYMBOLS);
  return maxOf(libc);
}

function maxOf({ symbols }: Libc<typeof SYMBOLS>): number {
  const limits = new BigUint64Array(2);
  symbols.getrlimit(RLIMIT_NOFILE, limits);
  return Number(limits[0]);
}

/**
 * Counts the open descriptors. The executable has no permission to read /proc/self/fd.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function countDescriptors(): Descriptors {
  using libc = openLibc(SYMBOLS);
  const max = maxOf(libc);
  let open = 0;
  for (let fd = 0; fd < Math.min(max, MAX_LOOKED_AT); fd++) {
    if (libc.symbols.fcntl(fd, F_GETFD) >= 0) open++;
  }
  return { open, max };
}
