import type { ServiceAnnouncement } from "./peer_state.ts";
import type { FrameRecorder } from "./recorder.ts";
import type { WaitOptions } from "./waiting.ts";

/** Options for opening a publisher. */
export interface PublisherOpenOptions extends WaitOptions {
  /**
   * Creates the payload that tells one subscriber of a topic to read everything again. A transport
   * that resumes its subscribers sends it under that topic to a single subscriber that cannot
   * resume: after frames for it were skipped, and when it subscribes within a minute after the
   * start of the publisher, whose first frames it may have missed. Never throws. The driver owns
   * the payload.
   * @default such a subscriber gets nothing
   */
  readonly resync?: (topic: string) => Uint8Array;
  /** What to announce about the service to subscribers. @default nothing */
  readonly announcement?: ServiceAnnouncement;
  /**
   * Where a transport that keeps its latest frames in memory records each frame that it takes. It
   * reads them when a topic begins earlier. Any other transport ignores it.
   * @default topics begin in memory
   */
  readonly recorder?: FrameRecorder | undefined;
}

/** Options for opening a subscriber. */
export interface SubscriberOpenOptions
  extends WaitOptions, Pick<PublisherOpenOptions, "announcement"> {
  /** Returns when an event was sent, in Unix ms, for a broker that stores no time. Never throws. */
  readonly sentAt?: (payload: Uint8Array) => number | undefined;
}
