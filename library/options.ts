/**
 * The options of the core, by name, to read a configuration with.
 *
 * @module
 */
export {
  publisherBindAddress,
  publisherPort,
  publisherTransport,
  pubSubMaxEventBytes,
  remoteDbHosts,
  remoteDbIp,
  remoteDbPort,
} from "../drivers/contract/options.ts";
export { pubSubSyncInterval, pubSubSyncJitter } from "../service/config/options/gaps.ts";
export { host, localIp, managementIp, nbDbClass } from "../service/config/options/host.ts";
export {
  debug,
  httpAddress,
  httpAllowedHosts,
  httpPage,
  httpTokenFile,
  logFormat,
  logLevel,
} from "../service/config/options/observability.ts";
export {
  drainTimeout,
  enableDfPubSub,
  enableSelectiveTopologyDistribution,
  pubSubChangeQueueBytes,
  pubSubChangeQueueSize,
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubReadMissingValues,
  pubSubSendTimeout,
  pubSubUseMultiproc,
  pubSubWireFormat,
} from "../service/config/options/pub_sub.ts";
export {
  publisherIdName,
  publisherRateLimitCount,
  publisherRateLimitTimeout,
  publisherRowOnStop,
  publishersIps,
  publisherTimeout,
  stalePublisherPollTime,
} from "../service/config/options/publishers.ts";
export { recorderBytes, recorderPath } from "../service/config/options/recorder.ts";
export {
  monitorTablePollTime,
  monitorTables,
  tableMonitorAnnounceExisting,
} from "../service/config/options/table_monitors.ts";
