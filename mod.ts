/**
 * Publish/subscribe for an SDN control plane: what a controller writes to the northbound database
 * reaches every compute node as one small event. OpenStack Dragonflow's layer, compatible with it
 * on the wire, in the database and in configuration.
 *
 * @example A row is written, and its event comes back, inside one process
 * ```ts
 * import * as df from "@df/pubsub";
 *
 * const settings = await df.loadConfig({
 *   table: [...df.coreOptions, ...df.driverOptions],
 *   overrides: [
 *     "df.enable_df_pub_sub=true",
 *     "df.pub_sub_use_multiproc=false",
 *     "df.pub_sub_driver=memory",
 *     "df.nb_db_class=memory",
 *   ],
 *   facts: df.hostFacts(),
 *   io: df.hostFiles,
 * });
 * const { loadPubSubDriver, loadDbDriver, systemClock: clock, silentLogger: log } = df;
 * const drivers = { loadPubSubDriver, loadDbDriver };
 * await using api = await df.NbApi.initialize({ settings, drivers, clock, log });
 *
 * await api.create("lport", "port-1", '{"name": "eth0"}');
 * for await (const { table, key, action, value } of api.changes()) {
 *   console.log(table, key, action, value); // lport port-1 create {"name": "eth0"}
 *   break;
 * }
 * ```
 *
 * @module
 */

// Events
export {
  type Action,
  ACTIONS,
  type DbUpdate,
  dbUpdate,
  type DbUpdateInit,
  DEFAULT_PRIORITY,
  type EventOrigin,
  isKnownAction,
  type JsonValue,
  SEND_ALL_TOPIC,
} from "./service/event/db_update.ts";
export { type DecodeOptions, decodeUpdate } from "./service/event/codec/decode.ts";
export { encodeUpdate } from "./service/event/codec/encode.ts";
export type { SizeLimit } from "./service/event/codec/limits.ts";
export { WireError, type WireErrorCode } from "./service/event/codec/wire_error.ts";
export { WIRE_FORMATS, type WireFormat } from "./service/event/codec/wire_fields.ts";

// The library side and the service
export { NbApi, NotPublished } from "./service/node/nb_api.ts";
export type { NbApiOptions } from "./service/node/nb_api_options.ts";
export { PublisherService, type ServiceReport } from "./service/controller/publisher_service.ts";
export type { RelayCounters } from "./service/controller/relay_options.ts";
export {
  PublisherRegistration,
  type PublisherRegistrationOptions,
  type RegistrationState,
} from "./service/publishers/publisher_registration.ts";
export { RefusalLog } from "./service/base/refusal_log.ts";
export type { HostAddresses } from "./service/publishers/announced_address.ts";
export type { PublisherServiceOptions } from "./service/controller/publisher_service_options.ts";
export type { AcceptanceReport, PublisherReport } from "./service/publish/acceptance_report.ts";
export { Publisher, type PublisherOptions, publisherOptions } from "./service/publish/publisher.ts";
export {
  type Received,
  type ReceivedGap,
  type ReceivedUpdate,
  Subscriber,
  type SubscriberOptions,
} from "./service/receive/subscriber.ts";
export {
  NetworkSubscriber,
  type NetworkSubscriberOptions,
} from "./service/receive/network_subscriber.ts";
export type {
  EventRange,
  GapCounters,
  GapNotice,
  PublisherStart,
  TopicGap,
} from "./service/protocol/notices.ts";
export type {
  Position,
  PublisherPosition,
  StreamPosition,
} from "./service/protocol/position_log.ts";
export type {
  AppliedQuery,
  AppliedReport,
  Straggler,
  StragglerState,
} from "./service/protocol/applied_report.ts";
export type { NodesWanted } from "./service/protocol/nodes_wanted.ts";
export type { NodesAppliedOptions } from "./service/node/nodes_applied.ts";
export {
  type PruneOptions,
  type PruneReport,
  type PublisherRow,
  PublishersTable,
  type PublishersTableOptions,
  type ReadablePublisherRow,
  type RowText,
  type UnreadablePublisherRow,
} from "./service/publishers/publishers_table.ts";
export type { PublisherRecord } from "./service/publishers/publisher_record.ts";
export { publisherId } from "./service/publishers/publisher_id.ts";
export { RateLimiter } from "./service/base/rate_limiter.ts";
export {
  type PublishersSeen,
  StalePublisherMonitor,
} from "./service/publishers/stale_publisher_monitor.ts";
export { exposition } from "./service/controller/observability/exposition.ts";
export type { Labels, MetricFamily, Sample } from "./service/publish/metric.ts";
export type {
  ReadinessCheck,
  ReadinessReport,
} from "./service/controller/observability/readiness.ts";
export type {
  GonePeerReport,
  PeerReport,
  PeersReport,
} from "./service/controller/observability/peers_report.ts";
export type {
  EventCounts,
  SeenPublisher,
  ServiceTotals,
  ServiceView,
} from "./service/controller/observability/service_view.ts";
export {
  type Pace,
  type PublishUpdate,
  TableMonitor,
  type TableMonitorCounters,
  type TableMonitorOptions,
} from "./service/publishers/table_monitor.ts";
export { type Clock, systemClock } from "./service/base/clock.ts";
export type { DriverLoader } from "./service/base/driver_loader.ts";

// Configuration
export { ConfigError } from "./service/config/config_error.ts";
export { type ConfigEntry, EffectiveConfig } from "./service/config/effective_config.ts";
export { type ConfigSources, loadConfig } from "./service/config/load_config.ts";
export { coreOptions } from "./service/config/options/core_options.ts";
export type { ConfigIo } from "./service/config/file_layers.ts";
export type { Environment } from "./service/config/environment_layer.ts";
export type {
  HostFacts,
  OptionDef,
  OptionName,
  OptionType,
  Settings,
} from "./drivers/contract/option.ts";
export { hostFacts, type HostFiles, hostFiles } from "./drivers/host.ts";

// Drivers
export {
  dbDrivers,
  type DriverEntry,
  driverOptions,
  loadDbDriver,
  loadPubSubDriver,
  pubSubDrivers,
} from "./drivers/registry.ts";
export type {
  DbContext,
  DbRow,
  EntriesOptions,
  NbDbDriver,
  TopicOption,
} from "./drivers/contract/db.ts";
export {
  DbKeyNotFound,
  DbUnavailable,
  type DbUnavailableOptions,
  DriverError,
  type DriverErrorCode,
  type DriverErrorOptions,
} from "./drivers/contract/errors.ts";
export type {
  DropReason,
  HealthEvent,
  LiveProof,
  PublisherGreeting,
} from "./drivers/contract/health.ts";
export { type LogFields, type Logger, silentLogger } from "./drivers/contract/logger.ts";
export type {
  AppliedState,
  AppliedTracker,
  CloseReport,
  DepartedPeer,
  DriverContext,
  Frame,
  FramePublisher,
  FrameSubscriber,
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
export { SendGroup } from "./drivers/contract/send_group.ts";
export type { WaitOptions } from "./drivers/contract/waiting.ts";
