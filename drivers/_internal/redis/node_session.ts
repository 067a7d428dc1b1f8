import { Redis } from "ioredis";
import { endClient, hostOptions } from "./clients.ts";
import { wantsNewSession } from "./errors.ts";
import { RedisSession, type RedisSessionOptions, sessionOptions } from "./session.ts";
import type { RedisSettings } from "./settings.ts";

/** A connection to one server, from the configuration or from sentinels. */
export class RedisNodeSession extends RedisSession {
  readonly client: Redis;
  readonly kind: "standalone" | "sentinel";
  readonly #endMs: number;

  constructor(settings: RedisSettings, options: RedisSessionOptions) {
    super(settings, options);
    const { purpose, found } = options;
    this.kind = found.kind === "sentinel" ? "sentinel" : "standalone";
    this.#endMs = 2 * settings.connectTimeoutMs;
    this.client = new Redis({ ...sessionOptions(settings, purpose), ...hostOptions(found.host) });
    this.client.on("error", (thrown) => this.remember(thrown));
    this.client.on("end", () => this.lose("the server closed the connection"));
  }

  masters(): Redis[] {
    return [this.client];
  }

  noteError(thrown: unknown): void {
    // A replica was accepted because no master was found: refused writes are expected.
    if (!this.isReplica && wantsNewSession(thrown)) this.fail(this.explain(thrown));
  }

  protected end(): Promise<void> {
    return endClient(this.client, this.#endMs);
  }
}
