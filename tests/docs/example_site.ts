import { join } from "node:path";
import { type RunningCommand, startHere } from "../support/command_here.ts";
import { freePort } from "../support/deployment.ts";
import { Program, type ProgramResult } from "../support/program.ts";
import { startRedis } from "../support/redis/server.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import {
  type Addresses,
  DEFAULT_INI,
  otherIni,
  serviceIni,
  TENANT,
  writeExampleFiles,
  writeIni,
  writeScript,
} from "./example_files.ts";
import { onOneMachine, ruleOf } from "./example_rules.ts";
import { writeProgram } from "./session.ts";
import { commandsOf } from "./shell_words.ts";

/** Events are published all the time, as on a network in use. */
const TRAFFIC = "while cat traffic.jsonl; do sleep 0.2; done | df-pubsub publish --stdin";
/** Maximum time of a command, in seconds. */
const LIMIT = 100;
/** Maximum time of the commands that run for all examples, in seconds. */
const KEPT_LIMIT = 900;
const IN_TERMINAL = 'script -qec "$LINE" /dev/null';

interface Launch {
  readonly keys?: string;
  /** Maximum time, in seconds. */
  readonly limit?: number;
}

/** What examples are about: a service, nodes of two topics, events, files, and Redis. */
export class ExampleSite implements AsyncDisposable {
  readonly #dir: TempDir;
  readonly #addresses: Addresses;
  readonly #stack: AsyncDisposableStack;
  #directories = 0;

  static async start(): Promise<ExampleSite> {
    await using stack = new AsyncDisposableStack();
    const dir = stack.use(await tempDir());
    const { address } = stack.use(await startRedis());
    const site = new ExampleSite(dir, address, stack.move());
    try {
      await site.#start();
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(dir: TempDir, redis: string, stack: AsyncDisposableStack) {
    this.#dir = dir;
    const ports = { httpPort: freePort(), publisherPort: freePort() };
    this.#addresses = { directory: dir.path, redis, ...ports };
    this.#stack = stack;
  }

  async #start(): Promise<void> {
    await Deno.mkdir(this.#dir.join("bin"));
    await writeProgram(this.#dir.join("bin", "df-pubsub"));
    // The real one is not on every machine.
    await writeScript(this.#dir.join("bin", "sponge"), 'exec cat > "$1"');
    const directory = await this.directory();
    await this.#keep("df-pubsub serve", directory, /READY/);
    const nodes = ["D", TENANT].map((topic) => `df-pubsub subscribe --topic ${topic}`);
    await Promise.all(nodes.map((node) => this.#keep(node, directory, /listening on tcp/)));
    await this.#keep(TRAFFIC, directory);
  }

  /** Makes a directory with the files that examples name. */
  async directory(): Promise<string> {
    const path = this.#dir.join(String(++this.#directories));
    await writeExampleFiles(path);
    await writeIni(path, serviceIni(this.#addresses));
    const redis = otherIni("Redis", { ...this.#addresses, directory: path });
    for (const name of ["other.ini", "controller.ini"]) {
      await Deno.writeTextFile(join(path, name), redis);
    }
    return path;
  }

  /** Runs an example in a shell, as its rule says, until it ends. */
  async run(example: string, directory: string): Promise<ProgramResult> {
    const { input } = ruleOf(example);
    await using stack = new AsyncDisposableStack();
    stack.use(await this.#prepare(example, directory));
    const program = this.#launch(onOneMachine(example), directory, input);
    stack.defer(ender(program));
    if (input === undefined) await program.endInput();
    else await begun(program, input.after);
    if (input?.keys !== undefined) await program.write(input.keys);
    else if (input !== undefined) program.kill("SIGINT");
    return await program.result();
  }

  /** Runs an example in this process, as its rule says, until it ends. */
  async runHere(example: string, directory: string): Promise<ProgramResult> {
    const { input } = ruleOf(example);
    await using stack = new AsyncDisposableStack();
    stack.use(await this.#prepare(example, directory));
    const before = Deno.cwd();
    stack.defer(() => Deno.chdir(before));
    Deno.chdir(directory);
    const [[, ...args] = []] = commandsOf(onOneMachine(example));
    const command = stack.use(startHere(args, { env: this.#variables(directory) }));
    if (input === undefined) return await command.result();
    await begun(command, input.after);
    return await command.stop();
  }

  /** Writes the configuration of an example, and starts what runs beside it. */
  async #prepare(example: string, directory: string): Promise<AsyncDisposable> {
    const { beside, settings = "service" } = ruleOf(example);
    const ini = settings === "service"
      ? serviceIni(this.#addresses)
      : otherIni(settings, { ...this.#addresses, directory });
    await writeIni(directory, ini);
    const stack = new AsyncDisposableStack();
    if (beside !== undefined) stack.defer(ender(this.#launch(beside, directory)));
    return stack;
  }

  /** Starts a command that runs until the end of the test, and waits until it is ready. */
  async #keep(line: string, directory: string, ready?: RegExp): Promise<void> {
    const program = this.#launch(line, directory, { limit: KEPT_LIMIT });
    this.#stack.defer(ender(program));
    if (ready !== undefined) await program.stderr.waitFor(ready);
  }

  #launch(line: string, cwd: string, { keys, limit = LIMIT }: Launch = {}): Program {
    // `timeout` sends a signal on to all processes of the line; bash waits for them.
    const bash = ["timeout", String(limit), "bash", "-o", "pipefail", "-c"];
    const script = `trap : INT\n${keys === undefined ? line : IN_TERMINAL}\nexit $?`;
    const env = { ...this.#variables(cwd), LINE: line };
    return Program.startCommand([...bash, script], { name: line, cwd, env });
  }

  #variables(directory: string): Record<string, string> {
    return {
      PATH: `${this.#dir.join("bin")}:${Deno.env.get("PATH")}`,
      DF_PUBSUB_CONFIG: join(directory, DEFAULT_INI),
      HEALTH_URL: `http://127.0.0.1:${this.#addresses.httpPort}`,
      PUBLISHER_URI: `tcp://127.0.0.1:${this.#addresses.publisherPort}`,
      TERM: "xterm",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

/** Waits for output on either stream. */
async function begun({ stdout, stderr }: RunningCommand, output: RegExp): Promise<void> {
  const outputs = [stdout, stderr].map((stream) => stream.waitFor(output));
  await Promise.any(outputs).catch(({ errors }: AggregateError) => {
    throw new Error(errors.map(({ message }: Error) => message).join("\n"));
  });
}

/** Ends a command that would go on, and waits for it. */
function ender(program: Program): () => Promise<void> {
  return async () => {
    // Killed at once, `timeout` could not send the signal on.
    if (!program.hasEnded) await program.stop("SIGTERM");
    await program[Symbol.asyncDispose]();
  };
}
