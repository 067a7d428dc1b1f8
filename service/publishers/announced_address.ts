import type { Logger } from "../../drivers/contract/logger.ts";
import { type AdvertisedUri, hostOf } from "./advertised_uri.ts";
import type { Clock } from "../base/clock.ts";
import { isIPv4, isIPv6 } from "../../drivers/contract/ip_address.ts";

/** What the system knows of addresses; nothing is sent to them. */
export interface HostAddresses {
  /** The IP addresses of a host name; none when it does not resolve. */
  resolve(name: string): Promise<readonly string[]>;
  /** Whether an IP address is one of this host's. */
  isOwn(address: string): boolean;
}

/** Whether other hosts can reach a service at the address that it announces. */
export interface AddressVerdict {
  /** Why no host can reach the service there, and what to do; undefined when it may be reached. */
  readonly fault: string | undefined;
  /** Why some hosts may not reach it there, and what to do. */
  readonly warning: string | undefined;
}

/** What an {@linkcode AnnouncedAddress} judges. */
export interface AnnouncedAddressOptions {
  readonly announced: AdvertisedUri;
  /** Where the service is bound. */
  readonly boundAddress: string;
  /** Whether hosts besides this one read the publishers table. */
  readonly isSeenByOthers: boolean;
  /** Absent where nothing is known of addresses but what they say. */
  readonly addresses: HostAddresses | undefined;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  readonly log: Logger;
}

const CHECK_AGAIN_MS = 10_000;
const GOOD: AddressVerdict = { fault: undefined, warning: undefined };

/** The address that the publishers table names, and whether other hosts reach the service there. */
export class AnnouncedAddress {
  readonly #options: AnnouncedAddressOptions;
  #verdict: AddressVerdict = GOOD;
  #checkedAt = -Infinity;
  #pending: Promise<void> | undefined;

  /** Nothing is looked up yet. */
  constructor(options: AnnouncedAddressOptions) {
    this.#options = options;
    const { announced: { uri, isLoopback, option }, log } = options;
    if (!isLoopback) return;
    log.warn(`Advertising ${uri}, which only this host can reach: set [df] ${option}`);
  }

  /** As the publishers table has it. */
  get uri(): string {
    return this.#options.announced.uri;
  }

  /** As of the last {@linkcode check}. */
  get verdict(): AddressVerdict {
    return this.#verdict;
  }

  /** Judges the address, at most every ten seconds, and logs what is found. Never rejects. */
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
    if (text === undefined) log.info(`${this.uri} reaches this service again`);
    // Of a loopback the log tells from the start.
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
      return fault("the service listens there, but it is no longer an address of this host");
    }
    const unless = "unless connections are forwarded";
    return warning(`not an address of this host, ${unless}: set [df] ${option}`);
  }

  /** Why a connection to any of these addresses does not get to where the service is bound. */
  #unreachableBecause(ips: readonly string[]): string | undefined {
    const bound = hostOf(this.#options.boundAddress);
    if (bound === undefined || bound === "*" || bound === "::") return undefined;
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
