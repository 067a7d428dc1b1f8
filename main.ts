// The only file that knows the process: arguments, variables, streams, signals and the exit code.
import { createIo } from "./cli/process_io.ts";

const io = createIo();
const { run } = await import("./cli/program.ts");
Deno.exit(await run(Deno.args, io));
