import { Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import { commonOptions, endClient, hostOptions, loginOptions } from "./clients.ts";
import type { RedisLink } from "./connection.ts";
import { explainRedis, wantsNewSession } from "./errors.ts";
import type { RedisLinkParticulars } from "./link.ts";
import { RedisLinkState, startClient } from "./link_state.ts";
import type { RedisSettings } from "./settings.ts";

/** A connection to one server: named by the configuration, or by sentinels. */
export class RedisNodeLink implements RedisLink {
  readonly client: Redis;
  readonly kind: "standalone" | "sentinel";
  readonly label: string;
  readonly isReplica: boolean;
  readonly #state: RedisLinkState;
  readonly #username: string | undefined;
  readonly #endMs: number;
  #ending: Promise<void> | undefined;

  constructor(settings: RedisSettings, { label, purpose, found }: RedisLinkParticulars) {
    this.label = label;
    this.kind = found.kind === "sentinel" ? "sentinel" : "standalone";
    this.isReplica = found.isReplica;
    this.#endMs = 2 * settings.connectTimeoutMs;
    this.#username = settings.login?.username;
    this.#state = new RedisLinkState({ label, code: purpose.code, username: this.#username });
    this.client = new Redis({
      ...commonOptions(settings),
      ...loginOptions(settings),
      ...hostOptions(found.host),
      connectionName: `df-pubsub-${purpose.name}`,
      ...purpose.options,
    });
    this.client.on("error", (thrown) => this.#state.noteError(thrown));
    this.client.on("end", () => this.#state.lose("the server closed the connection"));
  }

  get lost(): Promise<string> {
    return this.#state.lost;
  }

  /** @throws whatever ioredis throws, or the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await startClient(this.client, signal);
    } catch (thrown) {
      await this[Symbol.asyncDispose]();
      throw this.#state.reasonOf(thrown);
    }
  }

  masters(): Redis[] {
    return [this.client];
  }

  whileConnected<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  failure(action: string, thrown: unknown): DriverError {
    return this.#state.failure(action, thrown);
  }

  fail(reason: string): void {
    this.#state.lose(reason);
    if (this.client.status !== "end") this.client.disconnect();
  }

  noteError(thrown: unknown): void {
    // A replica was accepted because no master was found: refused writes are expected.
    if (!this.isReplica && wantsNewSession(thrown)) {
      this.fail(explainRedis(thrown, this.#username));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= endClient(this.client, this.#endMs);
    return this.#ending;
  }
}
