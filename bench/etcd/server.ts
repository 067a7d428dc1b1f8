import { Child } from "../child.ts";
import { freePort, HOST, startError } from "../system_server.ts";

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** One member of etcd on free ports, which ends with this process. */
export class EtcdServer implements AsyncDisposable {
  /** `host:port` for clients. */
  readonly address: string;
  /** The server and its version, for the report. */
  readonly description: string;
  readonly #child: Child;

  /**
   * Starts a member with its data in `directory`.
   * @throws {Error} with the package to install, when it cannot start
   */
  static async start(directory: string): Promise<EtcdServer> {
    const client = `${HOST}:${freePort()}`;
    const [url, peer] = [`http://${client}`, `http://${HOST}:${freePort()}`];
    await using undo = new AsyncDisposableStack();
    const child = undo.use(spawn([
      ...["--data-dir", `${directory}/etcd`, "--logger", "zap"],
      ...["--log-outputs", `${directory}/etcd.log`],
      ...["--listen-client-urls", url, "--advertise-client-urls", url],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", `default=${peer}`],
    ]));
    const version = await versionOf(client);
    undo.move();
    return new EtcdServer(client, version, child);
  }

  private constructor(address: string, version: string, child: Child) {
    this.address = address;
    this.description = `etcd ${version}, one member`;
    this.#child = child;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

/** Waits until it answers. */
async function versionOf(address: string): Promise<string> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const response = await fetch(`http://${address}/health`);
      if ((await response.json()).health === "true") break;
    } catch (cause) {
      if (performance.now() > deadline) throw new Error("etcd did not get ready", { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return (await (await fetch(`http://${address}/version`)).json()).etcdserver;
}

function spawn(args: readonly string[]): Child {
  try {
    return new Child("etcd", args, { read: "stdout" });
  } catch (cause) {
    throw startError(cause, "etcd", "etcd-server");
  }
}
