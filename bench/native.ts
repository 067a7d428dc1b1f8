import { fileURLToPath } from "node:url";

type NativeName = "load" | "proxy" | "source" | "sink";

/** The directory of the compiled programs. Each program is one file of `native/`. */
export type NativePrograms = Readonly<Record<NativeName, string>>;

const HINT = "needs a C compiler and libzmq's headers: apt-get install -y gcc libzmq3-dev";

/**
 * Compiles the load generators and the peers into `directory`. Installs nothing.
 * @throws {Error} with the compiler's output and the packages to install
 */
export async function compileNative(directory: string): Promise<NativePrograms> {
  const [load, proxy, source, sink] = await Promise.all([
    compile("load", directory),
    compile("proxy", directory),
    compile("source", directory),
    compile("sink", directory),
  ]);
  return { load, proxy, source, sink };
}

async function compile(name: NativeName, directory: string): Promise<string> {
  const source = new URL(`native/${name}.c`, import.meta.url);
  const program = `${directory}/${name}`;
  const args = ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread", fileURLToPath(source), "-lzmq"];
  const { success, stderr } = await runCompiler([...args, "-o", program]);
  if (success) return program;
  throw new Error(
    `Cannot compile "${name}.c": the benchmark ${HINT}\n${new TextDecoder().decode(stderr)}`,
  );
}

async function runCompiler(args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("cc", { args, stdout: "null" }).output();
  } catch (cause) {
    throw new Error(`Cannot run "cc": the benchmark ${HINT}`, { cause });
  }
}
