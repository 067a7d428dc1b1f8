import { programCommand } from "../../support/program.ts";
import { Child, type ChildEnd, type ChildOptions } from "./child.ts";

/** The publisher service in its own process, which can be killed and restarted. */
export class Service implements AsyncDisposable {
  readonly #flags: readonly string[];
  readonly #options: ChildOptions;
  #child: Child | undefined;

  /** @param flags flags of the configuration, with a fixed port */
  constructor(flags: readonly string[], options: ChildOptions = {}) {
    this.#flags = flags;
    this.#options = options;
  }

  /** The process that runs now. @throws {Error} when none was started */
  get child(): Child {
    if (this.#child === undefined) throw new Error("The service was not started");
    return this.#child;
  }

  /**
   * Starts the service, and waits until subscribers and local publishers can connect, or for a
   * later state on request.
   */
  async start({ untilReady = true }: { readonly untilReady?: boolean } = {}): Promise<this> {
    const command = programCommand(["serve", ...this.#flags]);
    this.#child = new Child("serve", command, this.#options);
    await this.#child.stderr.waitFor(untilReady ? /^READY$/m : /^listening on .* local/m);
    return this;
  }

  /** Kills the service, as a crash would. */
  async kill(): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }

  /** Stops the service, which drains first. */
  stop(): Promise<ChildEnd> {
    return this.child.stop("SIGTERM", 15_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.[Symbol.asyncDispose]();
  }
}
