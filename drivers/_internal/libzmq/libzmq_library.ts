import { DriverError, messageOf } from "../../contract/errors.ts";
import { openEmbedded } from "./libzmq_embedded.ts";
import { packagedLibrary } from "./libzmq_packaged.ts";

const SYMBOLS = {
  zmq_version: { parameters: ["buffer", "buffer", "buffer"], result: "void" },
  zmq_errno: { parameters: [], result: "i32" },
  zmq_strerror: { parameters: ["i32"], result: "pointer" },
  zmq_ctx_new: { parameters: [], result: "pointer" },
  zmq_ctx_term: { parameters: ["pointer"], result: "i32", nonblocking: true },
  zmq_socket: { parameters: ["pointer", "i32"], result: "pointer" },
  zmq_close: { parameters: ["pointer"], result: "i32" },
  zmq_bind: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_connect: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_setsockopt: { parameters: ["pointer", "i32", "buffer", "usize"], result: "i32" },
  zmq_getsockopt: { parameters: ["pointer", "i32", "buffer", "buffer"], result: "i32" },
  zmq_send: { parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  zmq_recv: { parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  zmq_socket_monitor: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The C functions of libzmq that the drivers call. */
export type LibzmqSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Heartbeats exist since 4.2, handshake events since 4.2.3. */
const OLDEST = [4, 2] as const;
const SYSTEM_LIBRARY = "libzmq.so.5";

const loaded = new Map<string, LibzmqSymbols>();

/**
 * Loads libzmq: only from `path` if it is configured; otherwise from the npm package's prebuilt
 * addon, which exports the whole C API, or else from the system. It stays loaded until the process
 * ends, since its threads may outlive a context.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE` with the reason for every candidate
 */
export function loadLibzmq(path: string): LibzmqSymbols {
  const library = loaded.get(path) ?? loadFirst(path);
  loaded.set(path, library);
  return library;
}

function loadFirst(path: string): LibzmqSymbols {
  const candidates = path === "" ? [packagedLibrary(), SYSTEM_LIBRARY] : [path];
  const failures: string[] = [];
  for (const candidate of candidates) {
    if (candidate === undefined) continue;
    try {
      return open(candidate);
    } catch (error) {
      failures.push(`${candidate}: ${explain(error)}`);
    }
  }
  throw new DriverError("LIBRARY_UNUSABLE", `Cannot load libzmq from ${failures.join("; ")}`);
}

function open(path: string): LibzmqSymbols {
  // Inside a compiled program the package is not a directory of this host.
  const isEmbedded = Deno.build.standalone && path === packagedLibrary();
  const library = isEmbedded
    ? openEmbedded(Deno.readFileSync(path), SYMBOLS)
    : Deno.dlopen(path, SYMBOLS);
  const parts = [new Int32Array(1), new Int32Array(1), new Int32Array(1)] as const;
  library.symbols.zmq_version(...parts);
  const [major = 0, minor = 0] = parts.map(([part]) => part ?? 0);
  if (major === OLDEST[0] && minor >= OLDEST[1]) return library.symbols;
  library.close();
  throw new RangeError(`libzmq ${parts.join(".")}, wanted ${OLDEST.join(".")} or newer, before 5`);
}

// The addon also needs Node's own functions and is linked lazily. A loader that resolves everything
// at once refuses it with a message that does not say why.
function explain(error: unknown): string {
  const isEager = Deno.env.get("LD_BIND_NOW");
  return messageOf(error) + (isEager ? " (unset LD_BIND_NOW: the addon is linked lazily)" : "");
}
