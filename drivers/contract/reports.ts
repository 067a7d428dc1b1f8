/** The result of closing a publisher. */
export interface CloseReport {
  /**
   * Whether everything that was sent has left this process and, with a driver that confirms, was
   * accepted by the other end. False if the deadline expired before, or if a frame that `trySend`
   * had taken was not accepted.
   */
  readonly flushed: boolean;
}

/** The result of stopping a subscriber. */
export interface StopReport {
  /** Whether the reader got everything that had arrived. */
  readonly drained: boolean;
}

/** Number of frames received and dropped since the subscriber was opened. */
export interface SubscriberCounters {
  /** Frames that the reader got. */
  readonly received: number;
  /** Messages that were not a valid frame, too large, or too many for the reader. */
  readonly dropped: number;
}
