import { messageOf } from "../../contract/errors.ts";
import { type Libc, openLibc } from "../libc.ts";

const LIBC_SYMBOLS = {
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
type FileCalls = Libc<typeof LIBC_SYMBOLS>["symbols"];

const MFD_CLOEXEC = 1;
const NAME = new TextEncoder().encode("libzmq\0");

/**
 * Opens a library that is part of the executable, for which the system's loader wants a file.
 *
 * That file is one in memory: nothing is left behind, no other account can put its own in its
 * place, and it does not matter how the temporary directory is mounted. Where the kernel declines,
 * it is one in a new directory of this account alone, removed as soon as it is open.
 *
 * @throws {Error} saying why neither worked, and which variable to set where that helps
 */
export function openEmbedded<const S extends Deno.ForeignLibraryInterface>(
  octets: Uint8Array<ArrayBuffer>,
  symbols: S,
): Deno.DynamicLibrary<S> {
  try {
    return openInMemory(octets, symbols);
  } catch (error) {
    try {
      return openInTemporaryDirectory(octets, symbols);
    } catch (second) {
      throw new Error(`from memory: ${messageOf(error)}; from a file: ${messageOf(second)}`);
    }
  }
}

function openInMemory<const S extends Deno.ForeignLibraryInterface>(
  octets: Uint8Array<ArrayBuffer>,
  symbols: S,
): Deno.DynamicLibrary<S> {
  using libc = openLibc(LIBC_SYMBOLS);
  const file = libc.symbols.memfd_create(NAME, MFD_CLOEXEC);
  if (file < 0) throw new Error("the kernel gives no file in memory");
  try {
    writeAll(libc.symbols, file, octets);
    return Deno.dlopen(`/proc/self/fd/${file}`, symbols);
  } finally {
    libc.symbols.close(file);
  }
}

function writeAll(libc: FileCalls, file: number, octets: Uint8Array<ArrayBuffer>): void {
  for (let at = 0; at < octets.length;) {
    const written = Number(libc.write(file, octets.subarray(at), BigInt(octets.length - at)));
    if (written <= 0) throw new Error("the kernel takes no octets for a file in memory");
    at += written;
  }
}

/** Opens a library from a file made for it below $TMPDIR. Exported for the test of its error. */
export function openInTemporaryDirectory<const S extends Deno.ForeignLibraryInterface>(
  octets: Uint8Array<ArrayBuffer>,
  symbols: S,
): Deno.DynamicLibrary<S> {
  let directory: string | undefined;
  try {
    directory = Deno.makeTempDirSync({ prefix: "df-pubsub-" });
    const path = `${directory}/libzmq.so`;
    Deno.writeFileSync(path, octets, { mode: 0o500 });
    return Deno.dlopen(path, symbols);
  } catch (error) {
    throw new Error(withAdvice(messageOf(error)), { cause: error });
  } finally {
    if (directory !== undefined) Deno.removeSync(directory, { recursive: true });
  }
}

// A library that is there but wants another one is no matter of the directory.
function withAdvice(message: string): string {
  if (/cannot open shared object file: No such file/.test(message)) return message;
  const directory = Deno.env.get("TMPDIR") ?? "/tmp";
  return `the temporary directory "${directory}" is of no use (${message}): ` +
    "set TMPDIR to a directory that this account may write to and that is not mounted noexec";
}
