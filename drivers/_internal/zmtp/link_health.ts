import type { PublisherGreeting } from "../../contract/health.ts";
import type { ServiceAnnouncement } from "../../contract/peer_state.ts";
import type { HealthStream } from "../../contract/health_stream.ts";

/** Tells of the state of the connection to one publisher, each change once. */
export class LinkHealth {
  /** Why there is no connection, when that is known. */
  failure: string | undefined;
  /** What the publisher of the present or last connection says of itself. */
  announcement: ServiceAnnouncement | undefined;
  readonly #address: string;
  readonly #health: HealthStream;
  #isToldRefused = false;
  /** Whether a `live` event was published for this connection. */
  #isToldLive = false;

  constructor(address: string, health: HealthStream) {
    this.#address = address;
    this.#health = health;
  }

  opened(said: { readonly greeting?: PublisherGreeting }): void {
    this.#health.publish({ kind: "connected", address: this.#address, ...said });
    this.announcement = said.greeting?.announcement;
    this.failure = undefined;
    this.#isToldRefused = false;
  }

  live(proof: "handshake" | "confirmed"): void {
    if (this.#isToldLive) return;
    this.#isToldLive = true;
    this.#health.publish({ kind: "live", address: this.#address, proof });
  }

  /** @param isOpen whether the handshake was done @param isRefused whether this end ended it */
  ended(reason: string, isOpen: boolean, isRefused: boolean): void {
    const isNew = isRefused && !this.#isToldRefused;
    this.#isToldRefused ||= isNew;
    this.#isToldLive = false;
    if (!isOpen && !isNew) return;
    this.#health.publish({ kind: "disconnected", address: this.#address, reason });
  }
}
