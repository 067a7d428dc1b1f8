/**
 * Publish/subscribe for an SDN control plane: what a controller writes to the northbound database
 * reaches every compute node as one small event. OpenStack Dragonflow's layer, compatible with it
 * on the wire, in the database and in configuration.
 *
 * - `openNbApi`: write rows and publish them, follow the changes of others.
 * - `openPublisherService`: the service of a controller, in process.
 * - `openNetworkSubscriber`: events in batches, and notices about lost ones.
 * - `openPublishersTable`: who publishes.
 *
 * All of them take the same options, each with a default: see {@linkcode OpenOptions}. What a driver
 * needs is in `@df/pubsub/driver`, and the encoding of events in `@df/pubsub/wire`.
 *
 * @example A row is written, and its event comes back, inside one process
 * ```ts
 * import { openNbApi } from "@df/pubsub";
 *
 * await using api = await openNbApi({
 *   set: {
 *     "df.enable_df_pub_sub": true,
 *     "df.pub_sub_use_multiproc": false,
 *     "df.pub_sub_driver": "memory",
 *     "df.nb_db_class": "memory",
 *   },
 * });
 * await api.create("lport", "port-1", '{"name": "eth0"}');
 * for await (const { table, key, action, value } of api.changes()) {
 *   console.log(table, key, action, value); // lport port-1 create {"name": "eth0"}
 *   break;
 * }
 * ```
 *
 * @module
 */

// Opened by a function each
export {
  openNbApi,
  openNetworkSubscriber,
  type OpenOptions,
  openPublisherService,
  openPublishersTable,
} from "./library/open.ts";
export { NbApi } from "./service/node/nb_api.ts";
export { NotPublished } from "./service/node/not_published.ts";
export type { FollowOptions } from "./service/node/nb_api_options.ts";
export type { NodesAppliedOptions } from "./service/node/nodes_applied.ts";
export { PublisherService, type ServiceReport } from "./service/controller/publisher_service.ts";
export type { ReadinessReport } from "./service/controller/observability/readiness.ts";
export { NetworkSubscriber } from "./service/receive/network_subscriber.ts";
export type { SubscriptionOptions } from "./service/receive/subscription_options.ts";
export {
  type PruneOptions,
  type PruneReport,
  type PublisherRow,
  PublishersTable,
} from "./service/publishers/publishers_table.ts";
export type { PublisherRecord } from "./service/publishers/publisher_record.ts";

// Events, and what became of them
export {
  type Action,
  type DbUpdate,
  isRowChange,
  type RowChange,
  SEND_ALL_TOPIC,
  type SyncReason,
} from "./service/event/db_update.ts";
export type { GapCounters, GapNotice } from "./service/protocol/notices.ts";
export type { Position } from "./service/protocol/position_log.ts";
export type { AppliedReport } from "./service/protocol/applied_report.ts";
export type { PublisherReport } from "./service/publish/acceptance_report.ts";
export type { HealthEvent } from "./drivers/contract/health.ts";

// Configuration
export { type ConfigSources, loadConfig } from "./library/config.ts";
export { type ConfigEntry, EffectiveConfig } from "./service/config/effective_config.ts";
/** The options of the core, to read an {@linkcode EffectiveConfig} with. */
export * as options from "./library/options.ts";

// Errors: all extend PubSubError
export {
  DbKeyNotFound,
  DbUnavailable,
  DriverError,
  PubSubError,
} from "./drivers/contract/errors.ts";
export { ConfigError } from "./service/config/config_error.ts";
export { WireError } from "./service/event/codec/wire_error.ts";

// Surroundings
export { consoleLogger } from "./library/console_logger.ts";
export type { Logger } from "./drivers/contract/logger.ts";
export type { Clock } from "./service/base/clock.ts";
