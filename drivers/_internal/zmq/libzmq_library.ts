import { DriverError, messageOf } from "../../contract/errors.ts";
import { openEmbedded } from "./libzmq_embedded.ts";
import { packagedLibrary } from "./libzmq_packaged.ts";

// The zmq_* functions in use, and the few of libc that go with them: a library's handle also finds
// the symbols of what it is linked to, so one scoped permission is enough for both.
const SYMBOLS = {
  zmq_version: { parameters: ["buffer", "buffer", "buffer"], result: "void" },
  zmq_errno: { parameters: [], result: "i32" },
  zmq_strerror: { parameters: ["i32"], result: "pointer" },
  zmq_ctx_new: { parameters: [], result: "pointer" },
  zmq_ctx_term: { parameters: ["pointer"], result: "i32", nonblocking: true },
  zmq_socket: { parameters: ["pointer", "i32"], result: "pointer" },
  zmq_close: { parameters: ["pointer"], result: "i32" },
  zmq_bind: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_unbind: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_connect: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_disconnect: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_setsockopt: { parameters: ["pointer", "i32", "buffer", "usize"], result: "i32" },
  zmq_getsockopt: { parameters: ["pointer", "i32", "buffer", "buffer"], result: "i32" },
  // The same by address: a third of the price of a call with arrays, on the path of every event.
  zmq_getsockopt_at: {
    name: "zmq_getsockopt",
    parameters: ["pointer", "i32", "pointer", "pointer"],
    result: "i32",
  },
  zmq_send: { parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  zmq_recv: { parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  zmq_recv_at: {
    name: "zmq_recv",
    parameters: ["pointer", "usize", "usize", "i32"],
    result: "i32",
  },
  zmq_socket_monitor: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  poll_here: { name: "poll", parameters: ["buffer", "usize", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** libzmq's C functions, and the few of libc that the drivers need beside them. */
export type LibzmqSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** A loaded libzmq. It stays loaded until the process ends: its threads may outlive a context. */
export interface Libzmq {
  readonly symbols: LibzmqSymbols;
  readonly path: string;
  readonly version: string;
}

/** 4.2 brought the heartbeats and handshake events that the drivers rely on. */
const OLDEST = [4, 2] as const;
const SYSTEM_LIBRARY = "libzmq.so.5";

/**
 * Loads libzmq: from `path` when one is configured and from nowhere else, or else from the npm
 * package's prebuilt addon (it exports the whole C API), or else from the system.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`, saying for every candidate why not
 */
export function loadLibzmq(path = ""): Libzmq {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const library = loadFirst(path);
  loaded.set(path, library);
  return library;
}

// Loaded once per path: a second set of function objects would make every call site polymorphic,
// which triples the price of a call.
const loaded = new Map<string, Libzmq>();

function loadFirst(path: string): Libzmq {
  const candidates = path === "" ? [packagedLibrary(), SYSTEM_LIBRARY] : [path];
  const failures: string[] = [];
  for (const candidate of candidates) {
    if (candidate === undefined) continue;
    try {
      return openLibzmq(candidate);
    } catch (error) {
      failures.push(`${candidate}: ${explain(error)}`);
    }
  }
  throw new DriverError("LIBRARY_UNUSABLE", `Cannot load libzmq from ${failures.join("; ")}`);
}

function openLibzmq(path: string): Libzmq {
  const library = isEmbedded(path)
    ? openEmbedded(Deno.readFileSync(path), SYMBOLS)
    : Deno.dlopen(path, SYMBOLS);
  const version = versionOf(library.symbols);
  const [major, minor] = version;
  if (major !== OLDEST[0] || (minor ?? 0) < OLDEST[1]) {
    library.close();
    throw new RangeError(
      `libzmq ${version.join(".")}, wanted ${OLDEST.join(".")} or newer, before 5`,
    );
  }
  return { symbols: library.symbols, path, version: version.join(".") };
}

// Inside a compiled program the package is no directory of this machine, whatever its path says.
function isEmbedded(path: string): boolean {
  return Deno.build.standalone && path === packagedLibrary();
}

function versionOf(symbols: LibzmqSymbols): number[] {
  const parts = [new Int32Array(1), new Int32Array(1), new Int32Array(1)] as const;
  symbols.zmq_version(...parts);
  return parts.map((part) => part[0] ?? 0);
}

// The addon also wants Node's own functions and is linked lazily; a loader that is told to resolve
// everything at once refuses it with a message that points nowhere.
function explain(error: unknown): string {
  const hint = Deno.env.get("LD_BIND_NOW")
    ? " (unset LD_BIND_NOW: the addon is linked lazily)"
    : "";
  return messageOf(error) + hint;
}
