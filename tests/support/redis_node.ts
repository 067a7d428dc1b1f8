import { type CliOptions, type CliTarget, type Login, redisCli } from "./redis_cli.ts";
import { REDIS_HOST } from "./redis_config.ts";
import { RedisProcess } from "./redis_process.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

const READY = {
  "redis-server": /Ready to accept connections/,
  "redis-sentinel": /\+monitor master/,
};
const ATTEMPTS = 5;

/** What a server is to be. */
export interface NodeSpec {
  readonly program: keyof typeof READY;
  /** The lines of its configuration, given the port. */
  readonly config: (port: number) => readonly string[];
  /** How its `cli` logs in, and what its `url` says. */
  readonly login?: Login | undefined;
  /** Flags of redis-cli besides. */
  readonly cliFlags?: readonly string[];
  /** @default "redis" */
  readonly scheme?: "redis" | "rediss";
}

/** A Redis server or sentinel on a port and in a directory of its own; disposing ends both. */
export class RedisNode implements AsyncDisposable {
  readonly host = REDIS_HOST;
  /** The same after {@linkcode restart}. */
  readonly port: number;
  readonly #spec: NodeSpec;
  readonly #dir: TempDir;
  #process: RedisProcess;
  #isFrozen = false;

  /**
   * Starts a server on a free port; it accepts connections when this resolves.
   *
   * @throws {Error} when it is not installed or refuses its configuration, with the log
   */
  static async start(spec: NodeSpec): Promise<RedisNode> {
    const dir = await tempDir();
    try {
      return await startOnFreePort(spec, dir);
    } catch (error) {
      await dir[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** For a process that is ready; see {@linkcode RedisNode.start}. */
  constructor(spec: NodeSpec, port: number, { dir, process }: Running) {
    this.#spec = spec;
    this.port = port;
    this.#dir = dir;
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** `host:port`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** With the login of its `cli`. */
  get url(): string {
    const { login, scheme = "redis" } = this.#spec;
    if (login === undefined) return `${scheme}://${this.address}`;
    const { username = "", password } = login;
    const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
    return `${scheme}://${user}@${this.address}`;
  }

  /** Whether it runs and is not stopped by SIGSTOP. */
  get isUp(): boolean {
    return !this.#process.hasEnded && !this.#isFrozen;
  }

  /** Whether it is stopped by SIGSTOP. */
  get isFrozen(): boolean {
    return !this.#process.hasEnded && this.#isFrozen;
  }

  /** The last lines of its log, for a failure. */
  get tail(): string {
    return `--- ${this.address}\n${this.#process.tail}`;
  }

  /** Runs redis-cli on it: see {@linkcode redisCli}. */
  cli(args: readonly string[], options: CliOptions = {}): Promise<string> {
    return redisCli(this.#target, args, options);
  }

  /** Sends a signal to the process, which must run; after SIGKILL or SIGTERM see `ended`. */
  signal(signal: Deno.Signal): void {
    this.#process.signal(signal);
    if (signal === "SIGSTOP") this.#isFrozen = true;
    if (signal === "SIGCONT") this.#isFrozen = false;
  }

  /** Resolves when the process of now has ended. */
  get ended(): Promise<void> {
    return this.#process.ended;
  }

  /** Kills it as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    this.#isFrozen = false;
  }

  /** Starts it again on its port, empty, after a kill if it runs; ready when this resolves. */
  async restart(): Promise<void> {
    await this.kill();
    this.#process = await launch(this.#spec, this.#dir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#dir[Symbol.asyncDispose]();
  }

  get #target(): CliTarget {
    const { login, cliFlags = [] } = this.#spec;
    return { host: this.host, port: this.port, login, flags: cliFlags };
  }
}

interface Running {
  readonly dir: TempDir;
  readonly process: RedisProcess;
}

async function startOnFreePort(spec: NodeSpec, dir: TempDir): Promise<RedisNode> {
  for (let attempt = 1;; attempt++) {
    const port = somePort();
    await writeConfig(dir, spec.config(port));
    try {
      return new RedisNode(spec, port, { dir, process: await launch(spec, dir) });
    } catch (error) {
      if (attempt === ATTEMPTS || !isPortTaken(error)) throw error;
    }
  }
}

async function writeConfig(dir: TempDir, lines: readonly string[]): Promise<void> {
  const own = [`bind ${REDIS_HOST}`, `dir ${dir.path}`, "daemonize no"];
  await Deno.writeTextFile(dir.join("redis.conf"), [...own, ...lines, ""].join("\n"));
}

async function launch({ program }: NodeSpec, dir: TempDir): Promise<RedisProcess> {
  const process = RedisProcess.start(program, [dir.join("redis.conf")]);
  await process.ready(READY[program]);
  return process;
}

/**
 * A port below those that the system gives to outgoing connections, so that a server that is
 * killed and comes back finds its own free.
 */
export function somePort(): number {
  return 20_000 + Math.floor(Math.random() * 12_000);
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Address already in use");
}
