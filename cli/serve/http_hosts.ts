import { isLoopback } from "../../service/config/pages_address.ts";

/** Options of {@linkcode HttpHosts}, which always accepts `localhost` and loopback addresses. */
export interface HttpHostsOptions {
  /** Names and addresses without a port; `*` accepts everything. */
  readonly names?: readonly string[];
  /** Finds the full name of this host; called only for a name that is not accepted otherwise. */
  readonly fullName?: () => Promise<string>;
}

/**
 * Checks the header `Host` of requests that arrive at a loopback address.
 *
 * An attacker's page can let its own name resolve to 127.0.0.1, and then use the user's browser to
 * read what only this host can reach (DNS rebinding). The browser sends that name. Connections to
 * other addresses are not checked: everybody can connect there with any name.
 */
export class HttpHosts {
  readonly #names: Set<string>;
  readonly #findFullName: () => Promise<string>;
  #fullName: Promise<string> | undefined;

  constructor({ names = [], fullName = () => Promise.resolve("localhost") }: HttpHostsOptions) {
    this.#names = new Set(["localhost", ...names.map(plainName).filter((name) => name !== "")]);
    this.#findFullName = fullName;
  }

  /**
   * Whether a request to the local `address` may have this header; undefined without it, as in
   * HTTP/1.0.
   */
  async accepts(host: string | undefined, address: string): Promise<boolean> {
    if (host === undefined || this.#names.has("*") || !isLoopback(address)) return true;
    const name = plainName(host.replace(/:\d*$/, ""));
    if (this.#names.has(name) || isLoopback(name)) return true;
    // The name is looked up only once, so that a peer cannot start any number of programs.
    this.#fullName ??= this.#findFullName().catch(() => "localhost");
    const fullName = plainName(await this.#fullName);
    return name === fullName || name === fullName.split(".")[0];
  }
}

/** The name in lower case, without brackets and a final dot. */
function plainName(name: string): string {
  return name.trim().toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
