import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { silentLogger } from "../../../../drivers/contract/logger.ts";
import { openLibc } from "../../../../drivers/_internal/libc.ts";
import { bindAddress } from "../../../../drivers/_internal/sockets/endpoint.ts";
import { EventLoop } from "../../../../drivers/_internal/sockets/event_loop.ts";
import type { KernelStream } from "../../../../drivers/_internal/sockets/kernel_stream.ts";
import { SYMBOLS } from "../../../../drivers/_internal/sockets/kernel_symbols.ts";
import { Listener } from "../../../../drivers/_internal/sockets/listener.ts";
import { linesOf } from "../../../support/lines.ts";

const SCRIPT = fileURLToPath(new URL("../../../support/publisher_process.ts", import.meta.url));

Deno.test("Listener refuses connections with a warning, when descriptors run out, and later accepts again", async () => {
  const command = `ulimit -n 100 && exec "$0" run -A --no-check "$1"`;
  await using child = new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), SCRIPT],
    stdout: "piped",
    stdin: "null",
  }).spawn();
  const lines = linesOf(child.stdout);
  const port = Number((await lines.next()).value);
  const open: Deno.Conn[] = [];
  const connect = async () => void open.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  try {
    for (let count = 0; count < 120; count++) await connect();
    const warning = /^Refusing connections at the publisher's port: too many open files: raise /;
    assert.match((await lines.next()).value ?? "", warning);
    for (const connection of open.splice(0)) connection.close();
    await connect();
    const greeting = new Uint8Array(64);
    while (await open[0]?.read(greeting).catch(() => null) !== 64) {
      for (const connection of open.splice(0)) connection.close();
      await connect();
    }
    assert.equal(greeting[0], 0xff);
  } finally {
    for (const connection of open) connection.close();
    child.kill("SIGKILL");
    while (!(await lines.next()).done);
  }
});

Deno.test("Listener limits what the kernel holds of a connection until it is read", async () => {
  const [SOL_SOCKET, SO_RCVBUF, BYTES] = [1, 8, 16_384];
  using libc = openLibc({ getsockopt: SYMBOLS.getsockopt });
  const loop = EventLoop.acquire();
  const { promise, resolve: onStream } = Promise.withResolvers<KernelStream>();
  const options = { name: "a port", log: silentLogger, maxUnreadBytes: BYTES, onStream };
  const address = await bindAddress(loop.kernel, "127.0.0.1", 0);
  const listener = new Listener(loop, address, options);
  try {
    const port = Number(listener.address.split(":").at(-1));
    using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const stream = await promise;
    const limit = new Int32Array(1);
    libc.symbols.getsockopt(stream.fd, SOL_SOCKET, SO_RCVBUF, limit, new Uint32Array([4]));
    stream.close();
    // The kernel doubles it, for what it needs itself.
    assert.equal(limit[0], 2 * BYTES);
  } finally {
    listener.close();
    await loop.release();
  }
});
