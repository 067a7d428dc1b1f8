import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { openSqliteAt } from "./sqlite_db.ts";
import { tempDir } from "./temp_dir.ts";
import { type InputOptions, runHere, type RunningCommand, startHere } from "./command_here.ts";
import { Program, type ProgramOptions, type ProgramResult, run } from "./program.ts";

/** Configuration options by `group.name`. */
export type Overrides = Readonly<Record<string, string | number | boolean>>;

/** A running publisher service. */
export interface Service extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  /** The address to which subscribers on this host connect. */
  readonly uri: string;
}

/** A directory and configuration for one publisher service, its publishers and its subscribers. */
export class Deployment implements AsyncDisposable {
  readonly #dir: Awaited<ReturnType<typeof tempDir>>;
  readonly #overrides: Overrides;

  /**
   * @param overrides options that differ from the defaults: any free port, and a socket and a
   * database in the directory
   */
  static async create(overrides: Overrides = {}): Promise<Deployment> {
    return new Deployment(await tempDir(), overrides);
  }

  private constructor(dir: Awaited<ReturnType<typeof tempDir>>, overrides: Overrides) {
    this.#dir = dir;
    this.#overrides = overrides;
  }

  get socketPath(): string {
    return this.#dir.join("run", "publisher-socket");
  }

  get databasePath(): string {
    return this.#dir.join("northbound.sqlite3");
  }

  /** Returns the path of a file in the deployment's directory. */
  path(name: string): string {
    return this.#dir.join(name);
  }

  /** The flags that make a command part of this deployment. */
  flags(overrides: Overrides = {}): string[] {
    const settings = {
      "df.publisher_port": 0,
      "df.publisher_multiproc_socket": this.socketPath,
      "df.sqlite_path": this.databasePath,
      // Each test counts its own events only, however slow the machine is.
      "df.table_monitor_announce_existing": false,
      // Tests match the words of a log line, not its format.
      "df.log_format": "text",
      ...this.#overrides,
      ...overrides,
    };
    return Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  }

  /** Opens the database while other processes use it. */
  openDb(): Promise<NbDbDriver> {
    return openSqliteAt(this.databasePath);
  }

  /** Starts a command of this deployment. */
  start(
    args: readonly string[],
    overrides: Overrides = {},
    options: ProgramOptions = {},
  ): Program {
    return Program.start([...args, ...this.flags(overrides)], options);
  }

  /** Runs a command of this deployment until it ends. */
  run(args: readonly string[], stdin = "", overrides: Overrides = {}): Promise<ProgramResult> {
    return run([...args, ...this.flags(overrides)], { stdin });
  }

  /** Starts a command of this deployment in the process of the test. */
  startHere(
    args: readonly string[],
    overrides: Overrides = {},
    options: InputOptions = {},
  ): RunningCommand {
    return startHere([...args, ...this.flags(overrides)], options);
  }

  /** Runs a command of this deployment in the process of the test until it ends. */
  runHere(
    args: readonly string[],
    stdin = "",
    overrides: Overrides = {},
    { env = {} }: Pick<InputOptions, "env"> = {},
  ): Promise<ProgramResult> {
    return runHere([...args, ...this.flags(overrides)], { stdin, env });
  }

  /** Publishes events, as lines of JSON. The service must accept all of them. */
  async publish(lines: string, overrides: Overrides = {}): Promise<void> {
    const { code, stderr } = await this.runHere(["publish", "--stdin"], lines, overrides);
    assert.equal(code, 0, stderr);
  }

  /** Starts a publisher service and waits until it is ready. */
  async serve(
    overrides: Overrides = {},
    { args = [], ...options }: ProgramOptions & { readonly args?: readonly string[] } = {},
  ): Promise<Service> {
    const program = this.start(["serve", ...args], overrides, options);
    try {
      const { stderr } = program;
      const found = await stderr.waitFor(/(?:^|")listening on (tcp|tls):\/\/.*:(\d+) for/m);
      const port = Number(found[2]);
      await stderr.waitFor(/(?:^|")READY(?:$|")/m);
      const dispose = () => program[Symbol.asyncDispose]();
      const uri = `${found[1]}://127.0.0.1:${port}`;
      return { program, port, uri, [Symbol.asyncDispose]: dispose };
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts `subscribe` and waits until it has a live publisher. */
  async subscribe(args: readonly string[] = [], overrides: Overrides = {}): Promise<Program> {
    return await live(this.start(["subscribe", ...args], overrides));
  }

  /** Starts `subscribe` in the process of the test, and waits until it has a live publisher. */
  async subscribeHere(
    args: readonly string[] = [],
    overrides: Overrides = {},
  ): Promise<RunningCommand> {
    return await live(this.startHere(["subscribe", ...args], overrides));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}

/** Waits until a subscriber has a live publisher. */
async function live<T extends RunningCommand>(subscriber: T): Promise<T> {
  try {
    await subscriber.stderr.waitFor(/(?:^|")listening on /m);
    return subscriber;
  } catch (error) {
    await subscriber[Symbol.asyncDispose]();
    throw error;
  }
}

/** Returns a TCP port that is free now, for a service that must restart on the same port. */
export function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}
