import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import type { NodeLine, NodeSpec } from "./protocol.ts";
import { SubscriberRecord } from "./record.ts";
import { until } from "./wait.ts";

const SCRIPT = fileURLToPath(new URL("../peers/node.ts", import.meta.url));

/** Options of a {@linkcode Node}. */
export interface NodeOptions extends NodeSpec {
  readonly name: string;
  readonly wrapper?: readonly string[];
}

/** An application that subscribes through the library in its own process, and its record. */
export class Node implements AsyncDisposable {
  readonly name: string;
  readonly record: SubscriberRecord;
  /** The states of its connections, as the library reported them. */
  readonly health: Readonly<Record<string, unknown>>[] = [];
  readonly #child: Child;

  /** Starts a node, which connects in the background. */
  constructor({ name, wrapper, ...spec }: NodeOptions) {
    this.name = name;
    this.record = new SubscriberRecord(spec.topics);
    const command = [Deno.execPath(), "run", "-A", "--no-check", SCRIPT];
    const onLine = (line: string) => this.#take(line);
    this.#child = new Child(name, command, { onLine, ...(wrapper ? { wrapper } : {}) });
    void this.#child.write(JSON.stringify(spec)).then(() => this.#child.endInput());
  }

  get pid(): number {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.hasEnded;
  }

  /** Its standard error. */
  get complaints(): string {
    return this.#child.stderr.text;
  }

  signal(signal: Deno.Signal): void {
    this.#child.signal(signal);
  }

  /** Resolves when every known publisher is live. */
  async ready(): Promise<this> {
    const isReady = () => this.record.readyAt !== undefined || this.#child.hasEnded;
    await until(isReady, { what: `"${this.name}" is ready`, timeoutMs: 120_000 });
    if (this.record.readyAt !== undefined) return this;
    throw new Error(`"${this.name}" ended before it was ready:\n${this.complaints}`);
  }

  /** Stops the node, and kills it when that takes too long. */
  async stop(): Promise<number> {
    return (await this.#child.stop()).code;
  }

  /** Kills the node, as a crash would. */
  async kill(): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  #take(line: string): void {
    const said: NodeLine = JSON.parse(line);
    if ("events" in said) said.events.forEach((event) => this.record.addEvent(event));
    else if ("announcement" in said) this.record.announce(said.announcement);
    else if ("health" in said) this.health.push(said.health);
    else this.record.readyAt = said.ready;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
