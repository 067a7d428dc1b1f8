/**
 * What a driver promises, and what it is written with. A pub/sub driver moves frames, a topic and bytes:
 * it knows nothing of events, their encoding or retries. A database driver keeps rows of text.
 *
 * An application uses a driver of its own by `pubSubDrivers` or `dbDrivers` of any `open…` function,
 * and the suite of `@df/pubsub/driver/contract` tests that it keeps what is promised here.
 *
 * @example A driver's own option
 * ```ts
 * import { loadConfig } from "@df/pubsub";
 * import { intOption, type PubSubDriverEntry } from "@df/pubsub/driver";
 *
 * const queueFrames = intOption({
 *   group: "df_mine",
 *   name: "queue_frames",
 *   min: 1,
 *   max: 1_000_000,
 *   default: "10000",
 *   help: "Maximum number of frames that are queued for a subscriber",
 * });
 * const mine: PubSubDriverEntry = {
 *   name: "mine",
 *   aliases: [],
 *   summary: "A bus of our own",
 *   options: [queueFrames],
 *   load: () => Promise.reject(new Error("not written yet")),
 * };
 * const config = await loadConfig({
 *   pubSubDrivers: [mine],
 *   set: { "df.pub_sub_driver": "mine", "df_mine.queue_frames": 500 },
 * });
 * console.log(config.get(queueFrames)); // 500
 * ```
 *
 * @module
 */

// Contracts
export type {
  AppliedState,
  AppliedTracker,
  CloseReport,
  DepartedPeer,
  DriverContext,
  Frame,
  FramePublisher,
  FrameSubscriber,
  PastMark,
  PastWanted,
  PayloadWriter,
  PeerState,
  PeerTotals,
  PublisherOpenOptions,
  PubSubDriver,
  PubSubTraits,
  ReportedPeers,
  ServiceAnnouncement,
  StopReport,
  SubscriberCounters,
  SubscriberOpenOptions,
  TopicOptions,
  TopicSubscriber,
} from "./drivers/contract/pubsub.ts";
export type {
  FrameRecorder,
  RecordedBlock,
  RecordedFrame,
  RecordedLoss,
  RecordedPart,
  RecorderReader,
  RecorderReadOptions,
  RecorderState,
} from "./drivers/contract/recorder.ts";
export type {
  DbContext,
  DbRow,
  EntriesOptions,
  NbDbDriver,
  TableChange,
  TopicOption,
  WatchTableOptions,
} from "./drivers/contract/db.ts";
export type {
  DropReason,
  HealthEvent,
  LiveProof,
  PublisherGreeting,
} from "./drivers/contract/health.ts";
export {
  DbKeyNotFound,
  DbUnavailable,
  type DbUnavailableOptions,
  DriverError,
  type DriverErrorCode,
  type DriverErrorOptions,
  PubSubError,
} from "./drivers/contract/errors.ts";
export type {
  DbDriverEntry,
  DriverEntry,
  PubSubDriverEntry,
} from "./drivers/contract/driver_entry.ts";
export type { AccountRole, ServerPermissions } from "./drivers/contract/permissions.ts";

// Options of a driver
export {
  boolOption,
  type Bounds,
  choiceOption,
  fileModeOption,
  floatOption,
  type HostFacts,
  intOption,
  listOption,
  type OptionDef,
  type OptionName,
  type OptionSpec,
  type OptionType,
  pathOption,
  patternOption,
  type Settings,
  stringOption,
} from "./drivers/contract/option.ts";
export {
  addressOption,
  publisherPort,
  pubSubMaxEventBytes,
  remoteDbHosts,
} from "./drivers/contract/options.ts";

// Tools
export {
  Broadcast,
  Channel,
  type ChannelOptions,
  type OverflowPolicy,
  type Waiting,
} from "./drivers/contract/channel.ts";
export { HealthStream } from "./drivers/contract/health_stream.ts";
export { FrameChecks } from "./drivers/_internal/frame_checks.ts";
export { Notifier } from "./drivers/_internal/notifier.ts";
export { SendGroup } from "./drivers/contract/send_group.ts";
export { type LogFields, type Logger, silentLogger } from "./drivers/contract/logger.ts";
export { type WaitOptions } from "./drivers/contract/waiting.ts";
