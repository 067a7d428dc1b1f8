import { DriverError, messageOf } from "../contract/errors.ts";

/** Where it may lie. The bare name is not found where a permission names one path. */
const LIBRARIES: readonly string[] = [
  "libc.so.6",
  `/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
];

/** Functions of the C library, until it is disposed of. */
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

/** Reads a text that ends with a zero byte. @param offset bytes between the address and the text */
export function textAt(address: Deno.PointerObject, offset: number): string {
  return new Deno.UnsafePointerView(address).getCString(offset);
}

/** Reads the integer at an address, as it is at each call. */
export function int32At(address: Deno.PointerValue): () => number {
  if (address === null) throw new TypeError("The address of an integer is null");
  const view = new Deno.UnsafePointerView(address);
  return () => view.getInt32();
}
