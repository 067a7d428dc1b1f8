/** The errnos that callers distinguish. */
export const ERRNO = {
  again: 11,
  interrupted: 4,
  tooManyFiles: 24,
  tooManyFilesInSystem: 23,
  inProgress: 115,
  connectionAborted: 103,
  addressInUse: 98,
  refused: 111,
  networkUnreachable: 101,
  hostUnreachable: 113,
} as const;

const TEXTS: ReadonlyMap<number, string> = new Map([
  [1, "operation not permitted"],
  [2, "no such file"],
  [12, "out of memory"],
  [13, "permission denied"],
  [19, "no such network interface"],
  [22, "invalid argument"],
  [23, "too many open files in the system"],
  [24, "too many open files"],
  [32, "broken pipe"],
  [97, "address family not supported"],
  [98, "address already in use"],
  [99, "address not available on this host"],
  [101, "network unreachable"],
  [104, "connection reset by peer"],
  [105, "no buffer space"],
  [110, "connection timed out"],
  [111, "connection refused"],
  [113, "no route to host"],
]);

/** Describes an errno. */
export function errnoText(errno: number): string {
  return TEXTS.get(errno) ?? `error ${errno}`;
}

/** A kernel call failed. */
export class KernelError extends Error {
  override readonly name = "KernelError";
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call}: ${errnoText(errno)}`);
    this.errno = errno;
  }
}
