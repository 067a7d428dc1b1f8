// The only file that knows the process: arguments, variables, streams, signals and the exit code.
import { createIo } from "./cli/terminal/process_io.ts";

const io = createIo(Deno.args[0] === "serve");
const { run } = await import("./cli/program.ts");
const code = await run(Deno.args, io);
await io.flush();
Deno.exit(code);
