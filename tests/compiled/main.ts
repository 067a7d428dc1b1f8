// Runs the end-to-end tests against the compiled program: `deno task test:compiled`. Compiles it
// with the base binary from Deno's download site, or else with DENORT_BIN and the matching Deno.
import { denoOf, versionOfBase } from "../../packaging/base_binary.ts";
import { ROOT } from "../../packaging/child.ts";
import { NO_BASE_BINARY } from "../../packaging/compile.ts";

const COMPILE = ["run", "-A", "packaging/compile.ts", "--output"];
const TEST = ["test", "-A", "--no-check", "--preload=tests/support/preload.ts"];
const SANITIZERS = ["--sanitize-ops", "--sanitize-resources"];

async function main(): Promise<number> {
  const version = await versionOfBase();
  const directory = await Deno.makeTempDir({ prefix: "df-pubsub-compiled-" });
  try {
    const binary = `${directory}/df-pubsub`;
    const { code, said } = await compile([...denoOf(version), ...COMPILE, binary]);
    if (code !== 0) {
      const isLacking = code === NO_BASE_BINARY;
      console.log(isLacking ? `The executable was not tested: ${said}` : said);
      return isLacking ? 0 : code;
    }
    await Deno.chmod(directory, 0o755);
    return await test(binary, version);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function compile([program, ...args]: readonly [string, ...string[]]) {
  const { code, stderr } = await new Deno.Command(program, { args, cwd: ROOT }).output();
  return { code, said: new TextDecoder().decode(stderr).trim() };
}

function test(binary: string, version: string): Promise<number> {
  const paths = Deno.args.length > 0 ? Deno.args : ["tests/compiled", "tests/e2e"];
  return run([Deno.execPath(), ...TEST, ...sanitizers(), ...paths], {
    DF_PUBSUB_BINARY: binary,
    DF_PUBSUB_BINARY_DENO: version,
  });
}

// Since 2.8 they are off by default. Earlier versions have no flag for them.
function sanitizers(): readonly string[] {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || minor >= 8 ? SANITIZERS : [];
}

async function run(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await new Deno.Command(program, { args, cwd: ROOT, env }).spawn().status).code;
}

Deno.exit(await main());
