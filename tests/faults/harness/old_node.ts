import { type PythonPeer, startPythonPeer } from "../../support/python_peer.ts";
import { keyPrefix } from "./feeder.ts";
import { sleep } from "./wait.ts";

/** An event as a node of the original reads it. */
export interface OldEvent {
  readonly document: Readonly<Record<string, unknown>>;
}

const BROADCAST_TOPIC = "44";
const PAUSE_MS = 50;

/**
 * A compute node of the original: python3-zmq on the broadcast topic, without support for
 * positions.
 */
export class OldNode implements AsyncDisposable {
  readonly events: OldEvent[] = [];
  /** Number of requests to read everything again. */
  syncs = 0;
  readonly #peer: PythonPeer;
  readonly #listening: Promise<void>;
  #isOver = false;

  /** @param options `queue` is the maximum number of messages that its socket queues */
  static async open(address: string, options: { readonly queue: number }): Promise<OldNode> {
    const queue = { RCVHWM: options.queue, RCVBUF: 16_384 };
    const peer = await startPythonPeer({ type: "SUB", role: "connect", address, options: queue });
    await peer.order({ do: "subscribe", topic: BROADCAST_TOPIC });
    return new OldNode(peer);
  }

  private constructor(peer: PythonPeer) {
    this.#peer = peer;
    this.#listening = this.#listen();
  }

  /** The keys of one feeder's events. */
  keysOf(name: string): string[] {
    const keys = this.events.map(({ document }) => String(document["key"]));
    return keys.filter((key) => key.startsWith(keyPrefix(name)));
  }

  signal(signal: Deno.Signal): void {
    this.#peer.kill(signal);
  }

  async #listen(): Promise<void> {
    while (!this.#isOver) {
      const message = await this.#peer.message().catch(() => undefined);
      if (message === undefined) await sleep(PAUSE_MS);
      else this.#take(message.decoded);
    }
  }

  #take(decoded: unknown): void {
    if (typeof decoded !== "object" || decoded === null) return;
    const document: Readonly<Record<string, unknown>> = { ...decoded };
    if (document["action"] === "sync") this.syncs++;
    else this.events.push({ document });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#peer[Symbol.asyncDispose]();
    await this.#listening;
  }
}
