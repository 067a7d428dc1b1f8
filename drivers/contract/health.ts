import type { ServiceAnnouncement } from "./peer_state.ts";

/** How a driver knows that its subscriber will receive events published from now on. */
export type LiveProof =
  /** The transport's handshake is done and the subscriptions were sent; there was no answer. */
  | "handshake"
  /** The publisher or the broker has confirmed every subscription. */
  | "confirmed"
  /** Publisher and subscriber share a process, or the subscriber owns the address. */
  | "local";

/**
 * Why frames were dropped and counted. `queue-full` means that the reader was too slow, `not-sent`
 * that a publisher accepted a frame but the broker did not confirm it.
 */
export type DropReason =
  | "frame-count"
  | "frame-too-large"
  | "not-sent"
  | "queue-full"
  | "topic-invalid";

/** What a publisher announces about its process to a connecting subscriber. */
export interface PublisherGreeting {
  /** The name of its host. */
  readonly node: string;
  /** Its process id. */
  readonly processId: number;
  /** The version of its program. */
  readonly version: string;
  /**
   * Number of milliseconds by which its clock is ahead of this host's, negative if it is behind;
   * inexact by the travel time of the greeting. Undefined if the publisher does not report its
   * time.
   */
  readonly clockAheadMs: number | undefined;
  /** Its `publisher_timeout`; undefined if the publisher does not report it. */
  readonly timeoutMs: number | undefined;
  /** The announcement of a publisher service. */
  readonly announcement?: ServiceAnnouncement | undefined;
}

/** A change in the state of one connection, or of the frames on it. */
export type HealthEvent =
  | {
    readonly kind: "connected";
    readonly address: string;
    /** From a publisher that greets its subscribers. */
    readonly greeting?: PublisherGreeting;
  }
  | { readonly kind: "live"; readonly address: string; readonly proof: LiveProof }
  /** Also for a bound end: peers can no longer connect to its address. */
  | { readonly kind: "disconnected"; readonly address: string; readonly reason: string }
  | {
    readonly kind: "peer-joined" | "peer-left";
    readonly address: string;
    /** Number of peers that are connected now. */
    readonly peers: number;
  }
  | { readonly kind: "dropped"; readonly reason: DropReason; readonly total: number };
