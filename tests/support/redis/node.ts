import { type CliOptions, type CliTarget, type Login, redisCli } from "./cli.ts";
import { REDIS_HOST } from "./config.ts";
import { ServerProcess } from "../server_process.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";

const READY = {
  "redis-server": /Ready to accept connections/,
  "redis-sentinel": /\+monitor master/,
};
const ATTEMPTS = 5;

/** The options of a server. */
export interface NodeSpec {
  readonly program: keyof typeof READY;
  /** The lines of its configuration, given the port. */
  readonly config: (port: number) => readonly string[];
  /** The login for `cli`. */
  readonly login?: Login | undefined;
  /** Other flags of redis-cli. */
  readonly cliFlags?: readonly string[];
}

/**
 * A Redis server or sentinel with its own port and directory. Disposing stops the server and
 * removes the directory.
 */
export class RedisNode implements AsyncDisposable {
  readonly host = REDIS_HOST;
  /** Unchanged by {@linkcode restart}. */
  readonly port: number;
  readonly #spec: NodeSpec;
  readonly #dir: TempDir;
  #process: ServerProcess;
  #isFrozen = false;

  /**
   * Starts a server on a free port. Resolves when the server accepts connections.
   * @throws {Error} with the server's log, when Redis is not installed or refuses its configuration
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

  /** Takes a process that is ready; see {@linkcode RedisNode.start}. */
  constructor(spec: NodeSpec, port: number, { dir, process }: Running) {
    this.#spec = spec;
    this.port = port;
    this.#dir = dir;
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The address as `host:port`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Whether the server runs and is not stopped by SIGSTOP. */
  get isUp(): boolean {
    return !this.#process.hasEnded && !this.#isFrozen;
  }

  /** Whether the server is stopped by SIGSTOP. */
  get isFrozen(): boolean {
    return !this.#process.hasEnded && this.#isFrozen;
  }

  /** The last lines of its log, for error messages. */
  get tail(): string {
    return `--- ${this.address}\n${this.#process.tail}`;
  }

  /** Runs redis-cli on the server: see {@linkcode redisCli}. */
  cli(args: readonly string[], options: CliOptions = {}): Promise<string> {
    return redisCli(this.#target, args, options);
  }

  /** Sends a signal to the process, which must run. */
  signal(signal: Deno.Signal): void {
    this.#process.signal(signal);
    if (signal === "SIGSTOP") this.#isFrozen = true;
    if (signal === "SIGCONT") this.#isFrozen = false;
  }

  /** Kills the server, as a crash would, and waits until the process has ended. */
  async kill(): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    this.#isFrozen = false;
  }

  /**
   * Starts the server again on its port with an empty database, and kills a running process first.
   * Resolves when the server is ready.
   */
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
  readonly process: ServerProcess;
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

async function launch({ program }: NodeSpec, dir: TempDir): Promise<ServerProcess> {
  const process = ServerProcess.start(program, [dir.join("redis.conf")]);
  await process.ready(READY[program]);
  return process;
}

/**
 * Returns a port below the range of outgoing connections, so that a restarted server finds its port
 * free.
 */
export function somePort(): number {
  return 20_000 + Math.floor(Math.random() * 12_000);
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Address already in use");
}
