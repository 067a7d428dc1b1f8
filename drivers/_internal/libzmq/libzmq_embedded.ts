import { openLibc } from "../libc.ts";

const MFD_CLOEXEC = 1;
const NAME = new TextEncoder().encode("libzmq\0");

/**
 * Opens a library that is part of the executable. The system's loader needs a file, and gets one in
 * memory: nothing is left behind, and no other account can replace it.
 *
 * @throws {Error} if the kernel provides no such file, or the library cannot be loaded
 */
export function openEmbedded<const S extends Deno.ForeignLibraryInterface>(
  bytes: Uint8Array<ArrayBuffer>,
  symbols: S,
): Deno.DynamicLibrary<S> {
  using libc = openLibc({
    memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const { memfd_create, write, close } = libc.symbols;
  const file = memfd_create(NAME, MFD_CLOEXEC);
  if (file < 0) throw new Error("the kernel provides no file in memory: set [df_zmq] library");
  try {
    for (let at = 0; at < bytes.length;) {
      const written = Number(write(file, bytes.subarray(at), BigInt(bytes.length - at)));
      if (written <= 0) throw new Error("cannot write to the file in memory");
      at += written;
    }
    return Deno.dlopen(`/proc/self/fd/${file}`, symbols);
  } finally {
    close(file);
  }
}
