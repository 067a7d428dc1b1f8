import assert from "node:assert/strict";
import {
  openUnblocked,
  type UnblockedOutput,
} from "../../../drivers/_internal/unblocked_output.ts";
import { openLibc } from "../../../drivers/_internal/libc.ts";
import { tempDir } from "../../support/temp_dir.ts";

const SYMBOLS = {
  pipe: { parameters: ["buffer"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const F_GETFL = 3;
const O_NONBLOCK = 0o4000;
const MAX_WRITES = 10_000;

const PAIRS = {
  pipe: (libc: Libc, fds: Int32Array<ArrayBuffer>) => libc.symbols.pipe(fds),
  socket: (libc: Libc, fds: Int32Array<ArrayBuffer>) =>
    libc.symbols.socketpair(AF_UNIX, SOCK_STREAM, 0, fds),
};
type Libc = ReturnType<typeof openLibc<typeof SYMBOLS>>;

/** Writes until there is no room. @returns the number of bytes written */
function fill(output: UnblockedOutput | undefined): number {
  let bytes = 0;
  for (let writes = 0; writes < MAX_WRITES; writes++) {
    const taken = output?.tryWrite(new Uint8Array(10_000)) ?? 0;
    if (taken === 0) return bytes;
    bytes += taken;
  }
  throw new Error("it accepts everything");
}

for (const [kind, open] of Object.entries(PAIRS)) {
  Deno.test(`openUnblocked writes to a ${kind} until it is full, and never blocks`, () => {
    using libc = openLibc(SYMBOLS);
    const fds = new Int32Array(2);
    assert.equal(open(libc, fds), 0);
    const [read = -1, write = -1] = fds;
    using output = openUnblocked(write);
    const bytes = fill(output);
    assert(bytes >= 40_000, `${bytes} bytes`);
    assert.equal(output?.tryWrite(new Uint8Array(1)), 0);
    // Other processes may share the descriptor.
    assert.equal(libc.symbols.fcntl(write, F_GETFL) & O_NONBLOCK, 0);
    for (let left = bytes; left > 0;) {
      left -= Number(libc.symbols.read(read, new Uint8Array(65_536), 65_536n));
    }
    assert.equal(output?.tryWrite(new Uint8Array(100)), 100);
    libc.symbols.close(read);
    assert.equal(output?.tryWrite(new Uint8Array(1)), undefined);
    libc.symbols.close(write);
  });
}

Deno.test("openUnblocked leaves a file unchanged, because a file accepts everything at once", async () => {
  await using directory = await tempDir();
  const path = directory.join("log");
  using _file = await Deno.open(path, { write: true, create: true });
  // Finds the descriptor of that file by its path.
  const fds = (await Array.fromAsync(Deno.readDir("/proc/self/fd"))).map(({ name }) => name);
  const links = fds.map((fd) => [fd, linkOf(fd)] as const);
  const fd = Number(links.find(([, link]) => link === path)?.[0]);
  assert(fd > 0);
  assert.equal(openUnblocked(fd), undefined);
});

function linkOf(fd: string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
