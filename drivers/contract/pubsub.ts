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
import type { SendGroup } from "./send_group.ts";
import type { PubSubTraits } from "./traits.ts";

export type * from "./peer_state.ts";
export type * from "./traits.ts";

/**
 * What goes over a wire: a topic and bytes that a driver never looks into.
 *
 * Topics are 1 to 256 bytes of UTF-8 and match exactly, whatever the transport does underneath.
 */
export interface Frame {
  /** 1 to 256 bytes of UTF-8. */
  readonly topic: string;
  /** The event, encoded; a driver never looks into it. */
  readonly payload: Uint8Array;
  /**
   * On a broker that keeps frames: where this one stands in its topic, to go on after it with
   * {@linkcode TopicOptions.since}. Opaque.
   */
  readonly position?: string;
  /** On a transport with addresses: the registered one it came from. */
  readonly address?: string;
  /**
   * Why frames of this topic are lost that would have come here, in a frame that stands for them and
   * whose payload is empty. Frames before and after it are in order.
   */
  readonly gap?: string;
}

/** How a topic is registered. */
export interface TopicOptions {
  /**
   * On a broker that keeps frames, where to begin: a {@linkcode Frame.position}, Unix milliseconds,
   * `start` for all that is kept, or `now`. Other brokers and transports only know `now`.
   *
   * @default `now`
   */
  readonly since?: string | number;
}

/** What is known of the frames that were still on their way when a publisher closed. */
export interface CloseReport {
  /**
   * True when everything sent has left this process, and of a driver that confirms was accepted by
   * the other end; false when the deadline cut it short or a frame that `trySend` had taken was not
   * accepted.
   */
  readonly flushed: boolean;
}

/** The sending end of a driver. */
export interface FramePublisher extends AsyncDisposable {
  /** Where frames leave: the bound or connected address, with the port really in use. */
  readonly address: string;
  /** Each iteration is a bounded stream of its own, from now on. */
  readonly health: AsyncIterable<HealthEvent>;
  /**
   * Hands a frame over without waiting.
   *
   * False when the transport has no room or no peer that queues, or a broker is away or behind; the
   * frame is then not sent. What happens to a frame for a slow subscriber says
   * {@linkcode PubSubTraits.delivery}. A driver that confirms counts a frame that this call took and
   * the other end did not accept, and reports it on {@linkcode FramePublisher.health} as `not-sent`.
   * The payload is copied or sent before the call returns.
   *
   * @throws {DriverError} `FRAME_TOO_LARGE`, `CLOSED` or `TRANSPORT_FAILED`
   */
  trySend(topic: string, payload: Uint8Array): boolean;
  /** Of a driver that confirms: as {@linkcode trySend}, but the group receives the answer. */
  trySendIn?(group: SendGroup, topic: string, payload: Uint8Array): boolean;
  /**
   * Hands a frame over and waits, within bounds, until the transport has taken it; of a driver that
   * confirms, until the other end has accepted it: then several calls may be under way together and keep
   * their order. Leave the payload as it is until the promise settles.
   *
   * @throws {DriverError} `NO_PUBLISHER_SERVICE` or `SEND_TIMEOUT` when the time is over,
   * `PERMISSION_DENIED` as soon as it is certain, `REFUSED` when the other end has refused the frame,
   * `TRANSPORT_FAILED` when the connection was lost before the other end accepted it, and what
   * {@linkcode trySend} throws; {@linkcode DriverError.isUncertain} tells whether the frame may have
   * gone out. An abort rejects with the signal's reason.
   */
  send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void>;
  /**
   * Of a driver that confirms: whether the other end of the present or last connection does so.
   * False with a publisher service of the original; undefined before the first connection.
   */
  readonly isAcknowledged?: boolean | undefined;
  /** What the publisher service at the other end says of itself; undefined when it says nothing. */
  readonly service?: ServiceAnnouncement | undefined;
  /** The subscribers that are connected, of a transport that sees them. */
  peers?(): readonly PeerState[];
  /** Subscribers that have a name and were disconnected within the last hour, at most 1,000. */
  departedPeers?(): readonly DepartedPeer[];
  /** What their applications have, of a transport whose subscribers report it. */
  readonly applied?: AppliedTracker;
  /** Totals of the subscribers, of a transport that sees them. */
  readonly peerTotals?: PeerTotals;
  /** Closes after at most `timeoutMs` for what is still queued. Closing twice is fine. */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport>;
}

/** How a subscriber stopped. */
export interface StopReport {
  /** True when everything that had arrived was handed out. */
  readonly drained: boolean;
}

/** Frames received and dropped since the subscriber was opened. */
export interface SubscriberCounters {
  /** Frames handed out. */
  readonly received: number;
  /** Messages that were no frame, too large, or too many for the reader. */
  readonly dropped: number;
}

/** The receiving end of a driver. */
export interface FrameSubscriber extends AsyncDisposable {
  /** Where publishers come to, of a subscriber that is bound; undefined of one that connects. */
  readonly boundAddress: string | undefined;
  /** Each iteration is a bounded stream of its own, from now on. */
  readonly health: AsyncIterable<HealthEvent>;
  /** Totals, read at any time. */
  readonly counters: SubscriberCounters;
  /**
   * Follows one more publisher; the connection is made, and remade, in the background.
   * Registering twice is one registration. On a transport without
   * {@linkcode PubSubTraits.listensToAddresses} it is refused.
   *
   * @throws {DriverError} `ADDRESS_INVALID`
   */
  registerListenAddress(address: string): void;
  /** Leaves a publisher. Unknown addresses are ignored. */
  unregisterListenAddress(address: string): void;
  /**
   * Wants the frames of one topic, from every publisher. Registering twice is one registration.
   *
   * @throws {RangeError} for a topic that is none, or a `since` that the driver does not know
   */
  registerTopic(topic: string, options?: TopicOptions): void;
  /** Wants them no more. Unknown topics are ignored. */
  unregisterTopic(topic: string): void;
  /**
   * Resolves when every registered topic is live at every registered address, or at those named:
   * a frame published there after that reaches this subscriber. What proves it is the driver's
   * {@linkcode PubSubTraits.liveProof}. The proof may travel in band: read
   * {@linkcode FrameSubscriber.batches} meanwhile. Addresses that are not registered, or no longer,
   * are not waited for.
   *
   * @throws {DriverError} `SEND_TIMEOUT` naming the addresses that are not live
   */
  ready(options?: WaitOptions & { readonly addresses?: readonly string[] }): Promise<void>;
  /** What the publisher at a registered address says of itself; undefined when it says nothing. */
  announcementOf?(address: string): ServiceAnnouncement | undefined;
  /**
   * The frames, in batches: what one wake-up brought, at most a few thousand.
   *
   * One reader. The array and its payloads are borrowed: they are valid until the next batch is
   * asked for; copy what is kept. Frames of one publisher and topic come in its order. Ends after
   * {@linkcode FrameSubscriber.stop}, or at once when the subscriber is disposed.
   */
  batches(): AsyncIterable<readonly Frame[]>;
  /**
   * Says of a frame in the batch at hand that it is refused for good. The others count as accepted
   * when the next batch is asked for, and those of a last batch after which none is asked for as
   * neither. Of drivers that confirm.
   */
  refuse?(frame: Frame): void;
  /**
   * Says that the application has the first `frames` of all that were handed out, as
   * {@linkcode SubscriberCounters.received} counts them. A driver whose publishers see their
   * subscribers reports it to them, at most once per second and topic.
   */
  markApplied?(frames: number): void;
  /**
   * Takes no more from publishers, lets the reader of {@linkcode FrameSubscriber.batches} have what
   * had arrived, and ends it. Resolves when the reader is through or the time is over.
   */
  stop(options?: WaitOptions): Promise<StopReport>;
}

/** How a sending end is opened. */
export interface PublisherOpenOptions extends WaitOptions {
  /**
   * Makes the payload that tells one subscriber of a topic to read everything again. A transport that
   * resumes its subscribers sends it, under that topic and to that subscriber alone, to one that
   * cannot resume, after it has skipped frames for it. Never throws. The driver owns the payload.
   * @default such a subscriber receives nothing
   */
  readonly resync?: (topic: string) => Uint8Array;
  /**
   * Whether the publisher was registered before and may have ended with frames unsent: then each
   * subscriber that cannot resume gets a {@linkcode PublisherOpenOptions.resync} when it subscribes.
   * @default false
   */
  readonly isReturning?: boolean;
  /** What subscribers are told of the service. @default nothing */
  readonly announcement?: ServiceAnnouncement;
}

/** How a receiving end is opened. */
export type SubscriberOpenOptions = WaitOptions & Pick<PublisherOpenOptions, "announcement">;

/** One way of moving frames. */
export interface PubSubDriver {
  /** As a configuration spells it. */
  readonly name: string;
  /** How it differs from other drivers. */
  readonly traits: PubSubTraits;
  /**
   * Opens a sending end.
   *
   * @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
   */
  openPublisher(options?: PublisherOpenOptions): Promise<FramePublisher>;
  /**
   * Opens a receiving end.
   *
   * @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
   */
  openSubscriber(options?: SubscriberOpenOptions): Promise<FrameSubscriber>;
  /**
   * Finds out, without sending, whether a publisher that is opened in this process could send.
   * Absent where only sending tells.
   *
   * @throws {DriverError} `PERMISSION_DENIED`, `NO_PUBLISHER_SERVICE`, `ADDRESS_INVALID`
   */
  checkAccess?(): Promise<void>;
}

/** What a driver is given: its configuration and a place to report to. */
export interface DriverContext {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Where to report to. */
  readonly log: Logger;
}
