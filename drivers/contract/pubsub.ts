import type { WaitOptions } from "./waiting.ts";
import type { Logger } from "./logger.ts";
import type { HealthEvent } from "./health.ts";
import type { Settings } from "./option.ts";
import type {
  AppliedTracker,
  DepartedPeer,
  PeerState,
  PeerTotals,
  ServiceAnnouncement,
} from "./peer_state.ts";
import type { CloseReport, StopReport, SubscriberCounters } from "./reports.ts";
import type { PublisherOpenOptions, SubscriberOpenOptions } from "./open_options.ts";
import type { PastMark, PastWanted } from "./past.ts";
import type { SendGroup } from "./send_group.ts";
import type { PubSubTraits } from "./traits.ts";

export type * from "./open_options.ts";
export type * from "./past.ts";
export type * from "./peer_state.ts";
export type * from "./reports.ts";
export type * from "./traits.ts";

/**
 * The unit of a transport: a topic, and bytes that a driver does not interpret.
 *
 * Topics are 1 to 256 bytes of UTF-8 and match exactly, whatever the transport does internally.
 */
export interface Frame {
  /** 1 to 256 bytes of UTF-8. */
  readonly topic: string;
  /** The encoded event, which a driver does not interpret. */
  readonly payload: Uint8Array;
  /**
   * On a broker that keeps frames: the position of this one in its topic, for resuming after it
   * with {@linkcode TopicOptions.since}. Opaque.
   */
  readonly position?: string;
  /** On a transport with addresses: the registered address of its publisher. */
  readonly address?: string;
  /**
   * Set in a frame with an empty payload that takes the place of lost frames of its topic: why they
   * are lost. Frames before and after it are in order. See also {@linkcode
   * FrameSubscriber.registerAllTopics}.
   */
  readonly gap?: string;
  /** Set in a frame with an empty payload: a place in a topic that began in the past. */
  readonly past?: PastMark;
}

/** Options of a topic's registration: where it begins. @default now */
export type TopicOptions = PastWanted;

/** Writes a payload into memory of a driver, from `at` on. Must not throw. */
export type PayloadWriter = (bytes: Uint8Array, at: number) => void;

/** A driver's publisher. */
export interface FramePublisher extends AsyncDisposable {
  /** The bound or connected address, with the actual port. */
  readonly address: string;
  /** Another bound address, `tls://…`, for subscribers that can use TLS. */
  readonly secureAddress?: string | undefined;
  /** Health events. Each iteration is a separate bounded stream that begins now. */
  readonly health: AsyncIterable<HealthEvent>;
  /**
   * Sends a frame without waiting.
   *
   * Returns false, without sending the frame, if the transport has no room or no peer with a queue,
   * or if a broker is disconnected or behind. {@linkcode PubSubTraits.delivery} applies to a slow
   * subscriber. A driver that confirms counts a frame that it took and that the other end does not
   * accept, and reports `not-sent`. The payload is copied or sent before the call returns.
   *
   * @throws {DriverError} `FRAME_TOO_LARGE`, `CLOSED` or `TRANSPORT_FAILED`
   */
  trySend(topic: string, payload: Uint8Array): boolean;
  /**
   * As {@linkcode trySend}, but `write` writes the payload of `size` bytes into the memory of the
   * driver, from `at` on. This saves a copy. The driver calls it before the call returns, and only
   * if it sends the frame.
   *
   * @default the driver takes only whole payloads
   */
  tryWrite?(topic: string, size: number, write: PayloadWriter): boolean;
  /** With a driver that confirms: as {@linkcode trySend}, but the group gets the answer. */
  trySendIn?(group: SendGroup, topic: string, payload: Uint8Array): boolean;
  /**
   * Sends a frame and waits, within bounds, until the transport has taken it or, with a driver that
   * confirms, until the other end has accepted it. Several calls may be pending then, in order. Do
   * not change the payload until the promise settles.
   *
   * @throws {DriverError} `NO_PUBLISHER_SERVICE` or `SEND_TIMEOUT` after the timeout,
   * `PERMISSION_DENIED` as soon as that is certain, `REFUSED` if the other end has refused the
   * frame, `TRANSPORT_FAILED` if the connection was lost before the other end accepted it, and the
   * errors of {@linkcode trySend}. {@linkcode DriverError.isUncertain} says whether the frame may
   * have been sent. Rejects with the signal's reason on abort.
   */
  send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void>;
  /**
   * With a driver that confirms: whether the other end of the current or last connection confirms
   * frames. False for a publisher service of the original; undefined before the first connection.
   */
  readonly isAcknowledged?: boolean | undefined;
  /** What the publisher service at the other end announces; undefined if it announces nothing. */
  readonly service?: ServiceAnnouncement | undefined;
  /** Whether it records its frames in {@linkcode PublisherOpenOptions.recorder}. @default false */
  readonly isRecording?: boolean;
  /** The sent frames in memory, the newest first. A payload is valid until the next is requested. */
  recent?(): Iterable<Pick<Frame, "payload" | "topic">>;
  /** The connected subscribers, if the transport knows them. */
  peers?(): readonly PeerState[];
  /** Named subscribers that were disconnected within the last hour, at most 1,000. */
  departedPeers?(): readonly DepartedPeer[];
  /** What their applications have, if the subscribers of the transport report it. */
  readonly applied?: AppliedTracker;
  /** Totals of the subscribers, if the transport knows them. */
  readonly peerTotals?: PeerTotals;
  /** Closes after waiting at most `timeoutMs` for queued frames. A second call has no effect. */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport>;
}

/** A driver's subscriber. */
export interface FrameSubscriber extends AsyncDisposable {
  /**
   * The address to which publishers connect, if the subscriber is bound; undefined if it connects.
   */
  readonly boundAddress: string | undefined;
  /** Health events. Each iteration is a separate bounded stream that begins now. */
  readonly health: AsyncIterable<HealthEvent>;
  /** The current totals. */
  readonly counters: SubscriberCounters;
  /**
   * Number of frames that have arrived so far, including those that the reader does not have yet.
   * @default the number of frames that the reader has
   */
  readonly arrived?: number;
  /**
   * Follows another publisher; connections are made, and restored, in the background. A second
   * registration has no effect. A transport without {@linkcode PubSubTraits.listensToAddresses}
   * refuses it.
   *
   * @throws {DriverError} `ADDRESS_INVALID`
   */
  registerListenAddress(address: string): void;
  /** Stops following a publisher. Unknown addresses are ignored. */
  unregisterListenAddress(address: string): void;
  /**
   * Subscribes to a topic of every publisher. A second registration has no effect.
   *
   * @throws {RangeError} for an invalid topic, or a `since` that the driver does not support
   */
  registerTopic(topic: string, options?: TopicOptions): void;
  /**
   * Subscribes to every topic of every publisher, those that begin later included. Call it before
   * anything is registered, and no other topic after it. A transport that resumes topics may not
   * resume these: a frame with the empty topic and a {@linkcode Frame.gap} then says that frames of
   * any topic are lost. Absent if the transport cannot do it.
   *
   * @throws {RangeError} if it cannot do it as it is configured
   */
  registerAllTopics?(): void;
  /** Unsubscribes from a topic. Unknown topics are ignored. */
  unregisterTopic(topic: string): void;
  /**
   * Resolves when every registered topic is live at every registered address, or at `addresses`:
   * this subscriber receives frames that are published after that. The proof may be among the
   * frames, so read {@linkcode FrameSubscriber.batches} at the same time. Unknown ones are ignored.
   *
   * @throws {DriverError} `SEND_TIMEOUT` with the addresses that are not live, and
   * `PERMISSION_DENIED` if Redis says that the account may not subscribe
   */
  ready(options?: WaitOptions & { readonly addresses?: readonly string[] }): Promise<void>;
  /** What the publisher at a registered address announces; undefined if it announces nothing. */
  announcementOf?(address: string): ServiceAnnouncement | undefined;
  /** Why there is no connection to an address; undefined if there is one, or no known reason. */
  failureOf?(address: string): string | undefined;
  /**
   * The frames in batches of those that arrived together, at most a few thousand.
   *
   * For one reader. The array and its payloads are borrowed: they are valid until the reader
   * requests the next batch; copy what you keep. Frames of one publisher and topic are in its
   * order. Ends after {@linkcode FrameSubscriber.stop}, or at once when the subscriber is disposed.
   */
  batches(): AsyncIterable<readonly Frame[]>;
  /**
   * Refuses a frame of the current batch permanently. The other frames count as accepted when the
   * reader requests the next batch; without such a request, they count as neither. For drivers that
   * confirm.
   */
  refuse?(frame: Frame): void;
  /**
   * Notes that the application has applied the first `frames` of all frames that it got, as
   * {@linkcode SubscriberCounters.received} counts them. A driver whose publishers know their
   * subscribers reports it to them, at most once per second and topic.
   */
  markApplied?(frames: number): void;
  /**
   * Stops receiving, and ends {@linkcode FrameSubscriber.batches} after the frames that have arrived.
   * Resolves when the reader has them all, or after the timeout.
   */
  stop(options?: WaitOptions): Promise<StopReport>;
}

/** A way of transporting frames. */
export interface PubSubDriver {
  /** Its name in a configuration. */
  readonly name: string;
  /** How it differs from other drivers. */
  readonly traits: PubSubTraits;
  /**
   * Opens a publisher.
   *
   * @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
   */
  openPublisher(options?: PublisherOpenOptions): Promise<FramePublisher>;
  /**
   * Opens a subscriber.
   *
   * @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
   */
  openSubscriber(options?: SubscriberOpenOptions): Promise<FrameSubscriber>;
  /**
   * Checks, without sending, whether a publisher that is opened in this process could send. Absent
   * if only sending shows it.
   *
   * @throws {DriverError} `PERMISSION_DENIED`, `NO_PUBLISHER_SERVICE`, `ADDRESS_INVALID`
   */
  checkAccess?(): Promise<void>;
}

/** The context of a driver: its configuration and its log. */
export interface DriverContext {
  /** The values of its options. */
  readonly settings: Settings;
  /** Where it reports. */
  readonly log: Logger;
}
