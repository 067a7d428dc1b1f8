import type { Settings } from "../../contract/option.ts";
import type { RedisLink, RedisPurpose } from "./connection.ts";
import { probeRedis } from "./probe.ts";
import { checkIsMaster } from "./role.ts";
import { readRedisSettings } from "./settings.ts";

/** Options of a {@linkcode RedisRoleWatch}. */
export interface RedisRoleWatchOptions {
  readonly settings: Settings;
  readonly purpose: RedisPurpose;
  readonly intervalMs: number;
}

/**
 * Ends a connection when its server has become a replica. A connection to a replica ends when a
 * master is found. In a cluster it does nothing: the client follows the slots.
 */
export class RedisRoleWatch implements AsyncDisposable {
  readonly #link: RedisLink;
  readonly #options: RedisRoleWatchOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(link: RedisLink, options: RedisRoleWatchOptions) {
    this.#link = link;
    this.#options = options;
    if (link.kind !== "cluster") this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#looking = this.#look(), this.#options.intervalMs);
  }

  async #look(): Promise<void> {
    const ask = this.#link.isReplica ? this.#findMaster() : this.#askRole();
    // A server that does not answer is noticed by the connection.
    const reason = await ask.catch(() => undefined);
    if (this.#isStopped) return;
    if (reason === undefined) this.#schedule();
    else this.#link.fail(reason);
  }

  async #askRole(): Promise<string | undefined> {
    const [master] = this.#link.masters();
    return master === undefined ? undefined : await checkIsMaster(master);
  }

  async #findMaster(): Promise<string | undefined> {
    const settings = await readRedisSettings(this.#options.settings);
    const signal = AbortSignal.timeout(settings.connectTimeoutMs);
    await probeRedis(settings, { signal, acceptsReplica: false });
    return "there is a master again";
  }
}
