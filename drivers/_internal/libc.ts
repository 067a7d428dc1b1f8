import { DriverError, messageOf } from "../contract/errors.ts";

/** Possible paths. The bare name is not found if a permission names one path. */
const LIBRARIES: readonly string[] = [
  "libc.so.6",
  `/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
];

/** Functions of the C library, until it is disposed. */
export interface Libc<S extends Deno.ForeignLibraryInterface> extends Disposable {
  readonly symbols: Deno.DynamicLibrary<S>["symbols"];
}

/** Opens the C library for a few of its functions. @throws {DriverError} `LIBRARY_UNUSABLE` */
export function openLibc<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Libc<S> {
  const failures: string[] = [];
  for (const path of LIBRARIES) {
    try {
      const library = Deno.dlopen(path, symbols);
      return { symbols: library.symbols, [Symbol.dispose]: () => library.close() };
    } catch (error) {
      failures.push(`${path}: ${messageOf(error)}`);
    }
  }
  throw new DriverError("LIBRARY_UNUSABLE", `Cannot load libc from ${failures.join("; ")}`);
}

/** Reads a text that ends with a zero byte. @param offset distance of the text from the address */
export function textAt(address: Deno.PointerObject, offset: number): string {
  return new Deno.UnsafePointerView(address).getCString(offset);
}

/** Returns a function that reads the current integer at an address. */
export function int32At(address: Deno.PointerValue): () => number {
  if (address === null) throw new TypeError("The address of an integer is null");
  const view = new Deno.UnsafePointerView(address);
  return () => view.getInt32();
}

/** The memory of this process from an address on. */
export function memoryAt(address: bigint): Deno.UnsafePointerView {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) throw new TypeError("The address is null");
  return new Deno.UnsafePointerView(pointer);
}

/** A text with a zero byte at its end. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

const READ = 0o2000000; // O_RDONLY | O_CLOEXEC
const CHUNK_BYTES = 64 * 1024;
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * What the kernel says in a file of /proc, up to 16 MiB of it; undefined when it cannot be read. By
 * libc: Deno asks for all permissions.
 */
export function kernelText(path: string): string | undefined {
  using libc = openLibc({
    open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const { open, read, close } = libc.symbols;
  const fd = open(cString(path), READ, 0);
  if (fd < 0) return undefined;
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(CHUNK_BYTES);
  let text = "";
  while (text.length < MAX_TEXT_BYTES) {
    const size = Number(read(fd, chunk, BigInt(chunk.length)));
    if (size <= 0) break;
    text += decoder.decode(chunk.subarray(0, size), { stream: true });
  }
  close(fd);
  return text;
}
