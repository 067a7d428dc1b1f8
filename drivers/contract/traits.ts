/** How the backends differ, as data. */
export interface PubSubTraits {
  /** How far a frame travels. */
  readonly reach: "process" | "host" | "network";
  /** Whether subscribers connect to publishers by address, as opposed to meeting at a broker or path. */
  readonly listensToAddresses: boolean;
  /** Whether one frame reaches every subscriber, or exactly one of them. */
  readonly fanOut: "all" | "one";
  /**
   * What happens to a frame that a subscriber is too slow for or was away for: it is dropped, its
   * publisher waits, or the broker keeps it, and only a `gap` means that one is lost.
   */
  readonly delivery: "drops-when-slow" | "waits" | "keeps";
  /** The strongest proof of `FrameSubscriber.ready`. */
  readonly liveProof: "handshake" | "confirmed" | "local";
  /**
   * Whether `FramePublisher.send` resolves when the other end has accepted the frame: the
   * broker, or the publisher service. Sends may then be under way together and keep their order.
   */
  readonly confirms: boolean;
}
