/** The differences between backends, as data. */
export interface PubSubTraits {
  /** How far a frame travels. */
  readonly reach: "process" | "host" | "network";
  /** Whether subscribers connect to the addresses of publishers, instead of a broker or path. */
  readonly listensToAddresses: boolean;
  /** Whether one frame reaches every subscriber, or exactly one of them. */
  readonly fanOut: "all" | "one";
  /**
   * What happens to a frame if a subscriber is too slow or disconnected: the frame is dropped, its
   * publisher waits, or the broker keeps it. A broker that keeps frames loses one only with a
   * `gap`.
   */
  readonly delivery: "drops-when-slow" | "waits" | "keeps";
  /** Where a topic may begin besides now, as `TopicOptions` says it. */
  readonly begins: readonly ("start" | "time" | "last" | "position")[];
  /** The strongest proof of `FrameSubscriber.ready`. */
  readonly liveProof: "handshake" | "confirmed" | "local";
  /**
   * Whether `FramePublisher.send` resolves when the other end, a broker or the publisher service,
   * has accepted the frame. Then several sends may be pending and keep their order.
   */
  readonly confirms: boolean;
  /**
   * Whether subscribers connect with TLS: to the publishers that offer it, or to no others. Absent if
   * they cannot.
   */
  readonly secures?: "on" | "required";
}
