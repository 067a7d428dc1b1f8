import type { Logger } from "../../drivers/contract/logger.ts";
import { type AdvertisedUri, hostOf } from "./advertised_uri.ts";
import type { Clock } from "../base/clock.ts";
import { isIPv4, isIPv6 } from "../../drivers/contract/ip_address.ts";

/** Looks up addresses on this host, without sending anything to them. */
export interface HostAddresses {
  /** The IP addresses of a host name; empty if it does not resolve. */
  resolve(name: string): Promise<readonly string[]>;
  /** Whether this host has an IP address. */
  isOwn(address: string): boolean;
}

/** Whether other hosts can reach a service at its announced address. */
export interface AddressVerdict {
  /** Why no host can reach the service there, and what to do; undefined if hosts may reach it. */
  readonly fault: string | undefined;
  /** Why some hosts cannot reach it there, and what to do. */
  readonly warning: string | undefined;
}

/** Options of an {@linkcode AnnouncedAddress}. */
export interface AnnouncedAddressOptions {
  readonly announced: AdvertisedUri;
  /** The address to which the service is bound. */
  readonly boundAddress: string;
  /** Whether other hosts read the publishers table. */
  readonly isSeenByOthers: boolean;
  /** Absent if nothing can be looked up. */
  readonly addresses: HostAddresses | undefined;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  readonly log: Logger;
}

const CHECK_AGAIN_MS = 10_000;
const GOOD: AddressVerdict = { fault: undefined, warning: undefined };

/** The announced address of a service, and whether other hosts can reach the service there. */
export class AnnouncedAddress {
  readonly #options: AnnouncedAddressOptions;
  #verdict: AddressVerdict = GOOD;
  #checkedAt = -Infinity;
  #pending: Promise<void> | undefined;

  /** Creates it without looking up anything. */
  constructor(options: AnnouncedAddressOptions) {
    this.#options = options;
    const { announced: { uri, isLoopback, option }, log } = options;
    if (!isLoopback) return;
    log.warn(`Advertising ${uri}, which only this host can reach: set [df] ${option}`);
  }

  /** The address in the publishers table. */
  get uri(): string {
    return this.#options.announced.uri;
  }

  /** The result of the last {@linkcode check}. */
  get verdict(): AddressVerdict {
    return this.#verdict;
  }

  /** Checks the address, at most every ten seconds, and logs changes. Never rejects. */
  check(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonic() - this.#checkedAt < CHECK_AGAIN_MS) return Promise.resolve();
    this.#pending ??= this.#judge().then((verdict) => this.#note(verdict), () => {})
      .finally(() => {
        this.#checkedAt = clock.monotonic();
        this.#pending = undefined;
      });
    return this.#pending;
  }

  #note(verdict: AddressVerdict): void {
    const { announced: { isLoopback }, log } = this.#options;
    const text = verdict.fault ?? verdict.warning;
    const isNews = text !== (this.#verdict.fault ?? this.#verdict.warning);
    this.#verdict = verdict;
    if (!isNews) return;
    if (text === undefined) log.info(`${this.uri} can be reached again`);
    // The constructor has already warned of a loopback address.
    else if (verdict.fault !== undefined || !isLoopback) {
      log.warn(`Advertising ${this.uri}: ${text}`);
    }
  }

  async #judge(): Promise<AddressVerdict> {
    const { announced: { uri, option, isLoopback }, addresses } = this.#options;
    const host = hostOf(uri) ?? "";
    const isName = !isIPv4(host) && !isIPv6(host);
    const ips = isName ? await addresses?.resolve(host) ?? [] : [host];
    if (isName && addresses === undefined) return GOOD;
    if (ips.length === 0) return fault(`"${host}" does not resolve: set [df] ${option}`);
    const missed = this.#unreachableBecause(ips);
    if (missed !== undefined) return fault(missed);
    if (isLoopback) {
      if (!this.#options.isSeenByOthers) return GOOD;
      return warning(`only this host can reach it: set [df] ${option}`);
    }
    if (addresses === undefined || ips.some((ip) => addresses.isOwn(ip))) return GOOD;
    if (ips.includes(hostOf(this.#options.boundAddress) ?? "")) {
      return fault("the service listens there, but this host no longer has the address");
    }
    const what = "this host does not have the address";
    return warning(`${what}: set [df] ${option}, unless connections are forwarded`);
  }

  /** Why connections to these addresses do not reach the bound address; undefined if they do. */
  #unreachableBecause(ips: readonly string[]): string | undefined {
    const bound = hostOf(this.#options.boundAddress);
    if (bound === undefined || bound === "::") return undefined;
    if (bound === "0.0.0.0") {
      if (ips.some(isIPv4)) return undefined;
      return 'the service listens on IPv4 only: set [df] publisher_bind_address to "::"';
    }
    if (ips.includes(bound) || !isIPv4(bound) && !isIPv6(bound)) return undefined;
    return `the service listens on ${bound} only: set [df] publisher_bind_address to "*"`;
  }
}

function fault(text: string): AddressVerdict {
  return { fault: text, warning: undefined };
}

function warning(text: string): AddressVerdict {
  return { fault: undefined, warning: text };
}
