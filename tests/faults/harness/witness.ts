import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import type { StreamId } from "./record.ts";
import type { RigSecurity } from "./security.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("../peers/witness.py", import.meta.url));

type Document = Readonly<Record<string, unknown>>;

/** A plain socket, without any of our code, that receives everything a publisher sends. */
export class Witness implements AsyncDisposable {
  /** The highest position received of each stream. */
  readonly positions = new Map<StreamId, number>();
  /** Positions of events that request a sync. A record counts them as announcements. */
  readonly syncs = new Map<StreamId, Set<number>>();
  readonly #child: Child;

  /**
   * @param address the address of a publisher service
   * @param wrapper a command prefix, such as `ip netns exec NAME`
   * @param security if the service requires TLS
   */
  static async open(
    address: string,
    wrapper: readonly string[] = [],
    security: RigSecurity | undefined = undefined,
  ): Promise<Witness> {
    const ready = Promise.withResolvers<void>();
    const command = [...wrapper, PYTHON, SCRIPT, address, ...security?.paths ?? []];
    const witness = new Witness(command, ready.resolve);
    const ended = witness.#child.ended().then(({ stderr }) => {
      throw new Error(`The witness ended: ${stderr}`);
    });
    ended.catch(() => {});
    await Promise.race([ready.promise, ended]);
    return witness;
  }

  private constructor(command: readonly string[], onReady: () => void) {
    const onLine = (text: string) => {
      const line: Readonly<Record<string, Document>> = JSON.parse(text);
      if (line["position"] !== undefined) this.#notePosition(line["position"]);
      else if (line["sync"] !== undefined) this.#noteSync(line["sync"]);
      else onReady();
    };
    this.#child = new Child("witness", command, { onLine });
  }

  #notePosition(position: Document): void {
    const { seq } = position;
    const id = streamOf(position);
    if (typeof seq === "number") {
      this.positions.set(id, Math.max(seq, this.positions.get(id) ?? 0));
    }
  }

  #noteSync(sync: Document): void {
    const { seq } = sync;
    if (typeof seq !== "number") return;
    const id = streamOf(sync);
    this.syncs.set(id, (this.syncs.get(id) ?? new Set()).add(seq));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

function streamOf({ publisher, epoch, topic }: Document): StreamId {
  return `${publisher}/${epoch}/${topic}`;
}
