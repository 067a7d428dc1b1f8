import type { ServiceAnnouncement } from "./peer_state.ts";

/** How a driver knows that events published from now on will reach its subscriber. */
export type LiveProof =
  /** The transport's handshake is done and the subscriptions are on their way; nothing answered. */
  | "handshake"
  /** The publisher, or the broker between, confirmed every subscription. */
  | "confirmed"
  /** Publisher and subscriber share a process, or the subscriber owns the address. */
  | "local";

/**
 * Why frames were counted and dropped instead of handed on. `queue-full` is a reader that was too
 * slow, `not-sent` a frame that a publisher had taken and the broker did not confirm.
 */
export type DropReason =
  | "frame-count"
  | "frame-too-large"
  | "not-sent"
  | "queue-full"
  | "topic-invalid";

/** What a publisher says of itself to a subscriber that connects. */
export interface PublisherGreeting {
  /** The name of its host. */
  readonly node: string;
  /** Its process on that host. */
  readonly processId: number;
  /** The version of its program. */
  readonly version: string;
  /**
   * By how many milliseconds its clock is ahead of this host's, behind it when negative; wrong by the
   * time that its greeting took. Undefined for a publisher that does not say its time.
   */
  readonly clockAheadMs: number | undefined;
  /** Its `publisher_timeout`; undefined for a publisher that does not say it. */
  readonly timeoutMs: number | undefined;
  /** Of a publisher service that announces itself. */
  readonly announcement?: ServiceAnnouncement | undefined;
}

/** A change in the state of one connection, or of the frames on it. */
export type HealthEvent =
  | {
    readonly kind: "connected";
    readonly address: string;
    /** Of a publisher that greets its subscribers. */
    readonly greeting?: PublisherGreeting;
  }
  | { readonly kind: "live"; readonly address: string; readonly proof: LiveProof }
  /** Also of an end that is bound: peers can no longer connect to it at its address. */
  | { readonly kind: "disconnected"; readonly address: string; readonly reason: string }
  | { readonly kind: "peer-joined"; readonly address: string }
  | { readonly kind: "peer-left"; readonly address: string }
  | { readonly kind: "dropped"; readonly reason: DropReason; readonly total: number };
