import { memoryAt, openLibc } from "./libc.ts";

const SYMBOLS = {
  getauxval: { parameters: ["usize"], result: "usize" },
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

// Facts that the kernel gives a process at its start: getauxval(3).
const HEADERS = 3n; // AT_PHDR
const HEADER_BYTES = 4n; // AT_PHENT
const HEADER_COUNT = 5n; // AT_PHNUM
const PAGE_BYTES = 6n; // AT_PAGESZ

const LOADED = 1; // PT_LOAD
const HEADER_SEGMENT = 6; // PT_PHDR
const WRITABLE = 2; // PF_W
const DO_NOT_NEED = 4; // MADV_DONTNEED

/** A segment of the executable file, with the address in its program header. */
interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly bytes: bigint;
}

/**
 * Removes the pages of the executable file from the memory of this process. Most of them
 * were needed only during the start. Pages of writable segments stay. The kernel maps a removed
 * page again when it is used, from the file or from its cache of the file.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function dropExecutablePages(): void {
  using libc = openLibc(SYMBOLS);
  const { getauxval, madvise } = libc.symbols;
  const at = getauxval(HEADERS);
  const segments = readSegments(at, Number(getauxval(HEADER_COUNT)), getauxval(HEADER_BYTES));
  const headerSegment = segments.find(({ type }) => type === HEADER_SEGMENT);
  if (headerSegment === undefined) return;
  const wholePages = -getauxval(PAGE_BYTES);
  for (const { type, flags, address, bytes } of segments) {
    if (type !== LOADED || (flags & WRITABLE) !== 0) continue;
    madvise(at - headerSegment.address + address & wholePages, bytes & wholePages, DO_NOT_NEED);
  }
}

/** Reads program headers; each is an `Elf64_Phdr`. */
function readSegments(at: bigint, count: number, size: bigint): Segment[] {
  return Array.from({ length: count }, (_, index) => {
    const view = memoryAt(at + BigInt(index) * size);
    const [type, flags] = [view.getUint32(0), view.getUint32(4)];
    return { type, flags, address: view.getBigUint64(16), bytes: view.getBigUint64(40) };
  });
}
