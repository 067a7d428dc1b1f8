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

Deno.test("io.interrupted leaves SIGHUP ignored, when the runtime no longer ignores it", async () => {
  const code = `
    import { createIo } from "${PROCESS_IO}";
    const io = createIo(false);
    const line = new Uint8Array(1);
    await io.stdin.read(line);
    const { interrupted } = io;
    Deno.addSignalListener("SIGHUP", () => io.out.write(String(interrupted.aborted)));
    io.out.write("listening\\n");
    await io.stdin.read(line);
  `;
  const child = new Deno.Command("sh", {
    args: ["-c", 'trap "" HUP; exec "$@"', "sh", Deno.execPath(), "eval", code],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await eventually(() => ignoresHangUp(child.pid), (ignores) => ignores === true);
  await eventually(() => ignoresHangUp(child.pid), (ignores) => ignores === false);
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "listening\n");
  child.kill("SIGHUP");
  assert.equal((await reader.read()).value, "false");
  await writer.close();
  assert((await child.status).success);
});

function ignoresHangUp(pid: number): boolean {
  const [, mask = ""] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(
    Deno.readTextFileSync(`/proc/${pid}/status`),
  ) ?? [];
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}
