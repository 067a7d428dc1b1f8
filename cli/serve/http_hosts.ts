import { isLoopback } from "../../service/config/pages_address.ts";

/** What {@linkcode HttpHosts} accepts besides `localhost` and loopback addresses. */
export interface HttpHostsOptions {
  /** Names and addresses without a port; `*` accepts everything. */
  readonly names?: readonly string[];
  /** Finds the full name of this host; only called for a name that is not accepted otherwise. */
  readonly fullName?: () => Promise<string>;
}

/**
 * Checks the header `Host` of requests that arrive at a loopback address.
 *
 * A page of an attacker may let its own name resolve to 127.0.0.1 and then read through the user's
 * browser what only this host can reach (DNS rebinding); the browser sends that name. Connections
 * to other addresses are not checked: everybody there can connect anyway, under whatever name.
 */
export class HttpHosts {
  readonly #names: Set<string>;
  readonly #findFullName: () => Promise<string>;
  #fullName: Promise<string> | undefined;

  constructor({ names = [], fullName = () => Promise.resolve("localhost") }: HttpHostsOptions) {
    this.#names = new Set(["localhost", ...names.map(plainName).filter((name) => name !== "")]);
    this.#findFullName = fullName;
  }

  /** Whether a request to the local `address` may have this header; undefined for none, as in HTTP/1.0. */
  async accepts(host: string | undefined, address: string): Promise<boolean> {
    if (host === undefined || this.#names.has("*") || !isLoopback(address)) return true;
    const name = plainName(host.replace(/:\d*$/, ""));
    if (this.#names.has(name) || isLoopback(name)) return true;
    // It is asked for once: a peer must not be able to start a program as often as it likes.
    this.#fullName ??= this.#findFullName().catch(() => "localhost");
    const fullName = plainName(await this.#fullName);
    return name === fullName || name === fullName.split(".")[0];
  }
}

/** Without brackets, a final dot and capital letters. */
function plainName(name: string): string {
  return name.trim().toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
