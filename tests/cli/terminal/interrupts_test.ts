import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";

const PROCESS_IO = new URL("../../../cli/terminal/process_io.ts", import.meta.url);

for (const name of ["out", "err"] as const) {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.test(`Interrupts end the process at ${signal}, when the reader of io.${name} reads nothing`, async () => {
      const code = `
        import { createIo } from "${PROCESS_IO}";
        const io = createIo(false);
        io.interrupted.throwIfAborted();
        while (true) io.${name}.write("a line\\n");
      `;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", code],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const unread = name === "out" ? child.stdout : child.stderr;
      const reader = unread.getReader({ mode: "byob" });
      // The first line says that the process handles signals.
      await reader.read(new Uint8Array(1));
      let ended: Deno.CommandStatus | undefined;
      child.status.then((status) => ended = status);
      await eventually(() => {
        if (ended === undefined) child.kill(signal);
        return ended;
      }, (status) => status !== undefined);
      assert.equal(ended?.signal, signal);
      await reader.cancel();
      await (name === "out" ? child.stderr : child.stdout).cancel();
    });
  }
}
