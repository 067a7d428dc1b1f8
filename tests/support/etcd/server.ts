import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { ServerProcess } from "../server_process.ts";
import { untilStopped } from "../stopped_process.ts";
import { somePort } from "../redis/node.ts";
import { programPath } from "../system_programs.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";

const HOST = "127.0.0.1";
const ATTEMPTS = 5;
const READY_MS = 60_000;
const TAIL_CHARACTERS = 2_000;
const MAX_REQUEST_BYTES = 32 * 1024 * 1024;
const ANSWER_MS = 5_000;
/** The range of all keys, in base64. */
const ALL_KEYS = JSON.stringify({ key: "AA==", range_end: "AA==" });

/** What members of etcd are started with. */
export interface EtcdOptions {
  /** @default 1 */
  readonly members?: number;
  /** More flags of each member. */
  readonly flags?: readonly string[];
  /** The scheme of the clients' URLs. @default "http" */
  readonly scheme?: "http" | "https";
  /** More flags of each call of etcdctl. */
  readonly ctlFlags?: readonly string[];
}

interface MemberFiles {
  readonly args: readonly string[];
  /** The URL of its pages about itself. */
  readonly pages: string;
  readonly logPath: string;
  readonly dataPath: string;
}

/** One member of etcd, as a process; it can be killed and started again with its data. */
export class EtcdMember {
  readonly address: string;
  readonly #args: readonly string[];
  readonly #pages: string;
  /** A file: output that comes during some test would count as a leak of that test. */
  readonly #logPath: string;
  readonly #dataPath: string;
  #process: ServerProcess;

  constructor(address: string, { args, pages, logPath, dataPath }: MemberFiles) {
    this.address = address;
    this.#args = [
      ...args,
      ...["--listen-metrics-urls", pages, "--logger", "zap", "--log-outputs", logPath],
    ];
    this.#pages = pages;
    this.#logPath = logPath;
    this.#dataPath = dataPath;
    this.#process = ServerProcess.start("etcd", this.#args);
  }

  /** The end of what it said. */
  get tail(): string {
    try {
      return this.#process.tail + Deno.readTextFileSync(this.#logPath).slice(-TAIL_CHARACTERS);
    } catch (error) {
      // It did not get as far as its log.
      if (error instanceof Deno.errors.NotFound) return this.#process.tail;
      throw error;
    }
  }

  get hasEnded(): boolean {
    return this.#process.hasEnded;
  }

  /** Whether it answers and has a leader. */
  async isHealthy(): Promise<boolean> {
    const { isOk } = await answerOf(`${this.#pages}/health`).catch(() => ({ isOk: false }));
    return isOk;
  }

  /** Stops it, so that it answers nothing and its connections stay open. */
  async freeze(): Promise<void> {
    this.#process.signal("SIGSTOP");
    await untilStopped(this.#process.pid);
  }

  /** Continues after {@linkcode freeze}. */
  thaw(): void {
    this.#process.signal("SIGCONT");
  }

  /** Kills it as a crash would, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  /** Starts it again, with the data that it had. */
  restart(): void {
    assert(this.hasEnded, "wanted a member that was killed");
    this.#process = ServerProcess.start("etcd", this.#args);
  }

  /** Copies the data of the killed member, for {@linkcode setBack}. */
  async backUp(): Promise<void> {
    await copyDirectory(this.#dataPath, `${this.#dataPath}.backup`);
  }

  /** Replaces the data of the killed member with the copy of {@linkcode backUp}. */
  async setBack(): Promise<void> {
    await Deno.remove(this.#dataPath, { recursive: true });
    await copyDirectory(`${this.#dataPath}.backup`, this.#dataPath);
  }
}

async function copyDirectory(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert(success);
}

/** The members of one etcd, on free ports, in a directory of their own; disposing ends all. */
export class EtcdServer implements AsyncDisposable {
  readonly members: readonly EtcdMember[];
  readonly #dir: TempDir;
  readonly #ctlFlags: readonly string[];
  readonly #scheme: string;

  /** Starts the members; they answer, with a leader, when this resolves. */
  static async start(options: EtcdOptions = {}): Promise<EtcdServer> {
    for (let attempt = 1;; attempt++) {
      const server = new EtcdServer(await tempDir(), options);
      try {
        await server.ready();
        return server;
      } catch (error) {
        await server[Symbol.asyncDispose]();
        const isPortTaken = String(error).includes("address already in use");
        if (attempt === ATTEMPTS || !isPortTaken) throw error;
      }
    }
  }

  private constructor(dir: TempDir, options: EtcdOptions) {
    const { members = 1, flags = [], scheme = "http", ctlFlags = [] } = options;
    this.#dir = dir;
    this.#ctlFlags = ctlFlags;
    this.#scheme = scheme;
    const ports = Array.from(
      { length: members },
      () => ({ client: somePort(), peer: somePort(), pages: somePort() }),
    );
    const cluster = ports.map(({ peer }, at) => `m${at}=http://${HOST}:${peer}`).join(",");
    this.members = ports.map(({ client, peer, pages }, at) => {
      const dataPath = dir.join(`m${at}`);
      const urls = { client: `${scheme}://${HOST}:${client}`, peer: `http://${HOST}:${peer}` };
      const args = [
        ...["--name", `m${at}`, "--data-dir", dataPath, "--log-level", "warn"],
        ...["--listen-client-urls", urls.client, "--advertise-client-urls", urls.client],
        ...["--listen-peer-urls", urls.peer, "--initial-advertise-peer-urls", urls.peer],
        ...["--initial-cluster", cluster, "--max-request-bytes", String(MAX_REQUEST_BYTES)],
        ...["--unsafe-no-fsync", ...flags],
      ];
      return new EtcdMember(`${HOST}:${client}`, {
        args,
        pages: `http://${HOST}:${pages}`,
        logPath: dir.join(`m${at}.log`),
        dataPath,
      });
    });
  }

  /** `host:port` of each member. */
  get addresses(): readonly string[] {
    return this.members.map(({ address }) => address);
  }

  /** Waits until every member that runs has a leader. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (const member of this.members) {
      while (!member.hasEnded && !await member.isHealthy()) {
        if (performance.now() > deadline) throw new Error(`etcd is not ready: ${member.tail}`);
        await setTimeout(20);
      }
      if (member.hasEnded) throw new Error(`etcd has ended: ${member.tail}`);
    }
  }

  /** Removes all keys, of members without TLS. */
  async empty(): Promise<void> {
    const { isOk, text } = await answerOf(
      `http://${this.addresses[0]}/v3/kv/deleterange`,
      ALL_KEYS,
    );
    assert(isOk, text);
  }

  /** Runs etcdctl at one member. */
  async ctl(
    args: readonly string[],
    { address }: EtcdMember = this.members[0] ?? assert.fail("no member"),
  ): Promise<{ readonly isOk: boolean; readonly output: string }> {
    const { success, stdout, stderr } = await new Deno.Command(programPath("etcdctl"), {
      args: [
        ...["--endpoints", `${this.#scheme}://${address}`, "--command-timeout", "2s"],
        ...this.#ctlFlags,
        ...args,
      ],
      env: { ETCDCTL_API: "3" },
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    return { isOk: success, output: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await this.#dir[Symbol.asyncDispose]();
  }
}

/** Asks a member on a connection of its own, which is closed afterwards. */
async function answerOf(
  url: string,
  body?: string,
): Promise<{ readonly isOk: boolean; readonly text: string }> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(url, {
    client,
    signal,
    ...(body === undefined ? {} : { method: "POST", body }),
  });
  return { isOk: answer.ok, text: await answer.text() };
}
