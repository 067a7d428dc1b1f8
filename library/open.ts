import { type Logger, silentLogger } from "../drivers/contract/logger.ts";
import type { Settings } from "../drivers/contract/option.ts";
import { hostAddresses, hostFiles, hostName } from "../drivers/host.ts";
import { clientTls } from "../drivers/tls.ts";
import { type Clock, systemClock } from "../service/base/clock.ts";
import type { EffectiveConfig } from "../service/config/effective_config.ts";
import { nbDbClass } from "../service/config/options/host.ts";
import { pubSubDriver } from "../service/config/options/pub_sub.ts";
import { publisherTimeout } from "../service/config/options/publishers.ts";
import { PublisherService } from "../service/controller/publisher_service.ts";
import { NbApi } from "../service/node/nb_api.ts";
import type { FollowOptions } from "../service/node/nb_api_options.ts";
import { configuredPublisherUris } from "../service/publishers/publisher_uris.ts";
import { PublishersTable } from "../service/publishers/publishers_table.ts";
import { refusedAddress } from "../service/publishers/refused_address.ts";
import { NetworkSubscriber } from "../service/receive/network_subscriber.ts";
import type { SubscriptionOptions } from "../service/receive/subscription_options.ts";
import { requireValid } from "./checked_options.ts";
import { type ConfigSources, loadConfig } from "./config.ts";
import { DriverSet } from "./driver_set.ts";
import { guardedLogger } from "./guarded_logger.ts";

/** What every `open…` function takes: a configuration or its sources, a clock, a log. */
export interface OpenOptions extends ConfigSources {
  /** A configuration that was read before, instead of its sources. */
  readonly config?: EffectiveConfig;
  /** The time. @default the system's */
  readonly clock?: Clock;
  /**
   * Receives changes of state, and warnings about the configuration that is read. An error that it
   * throws is ignored.
   *
   * @default nowhere
   */
  readonly log?: Logger;
}

interface Parts {
  readonly settings: Settings;
  readonly drivers: DriverSet;
  readonly clock: Clock;
  readonly log: Logger;
}

async function partsOf(options: OpenOptions, required?: readonly string[]): Promise<Parts> {
  requireValid(options, required);
  const { config, clock = systemClock } = options;
  const log = guardedLogger(options.log ?? silentLogger);
  const sources = [options.files, options.directories, options.env, options.set];
  if (config !== undefined && sources.some((source) => source !== undefined)) {
    throw new TypeError('"config": given together with its sources, wanted one of them');
  }
  const settings = config ?? await readWarned(options, log);
  return { settings, drivers: new DriverSet(options), clock, log };
}

async function readWarned(sources: ConfigSources, log: Logger): Promise<EffectiveConfig> {
  const config = await loadConfig(sources);
  for (const warning of config.warnings) log.warn(warning);
  return config;
}

/**
 * Opens the northbound database with its events: what an application uses to write rows, and to follow
 * the rows that others write.
 *
 * @throws {ConfigError} for a configuration with errors
 * @throws {DriverError} when the database or a socket cannot be opened; nothing is left open then
 * @throws {TypeError} for `since` together with `tables`, or an option of the wrong type
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
 */
export async function openNbApi(options: OpenOptions & FollowOptions = {}): Promise<NbApi> {
  return await NbApi.open({
    ...options,
    ...await partsOf(options),
    io: { ...hostFiles, clientTls },
  });
}

/**
 * Opens the publisher service in this process, as `df-pubsub serve` runs it: it takes the events of the
 * processes of this host, publishes them to the network, and keeps its row in the publishers table.
 *
 * @param options `hostName` is the fully qualified name of this host (default: as the system knows it)
 * @throws {ConfigError} for a configuration with errors
 * @throws {DriverError} when an address is in use or the database cannot be opened; nothing is left
 * open then
 *
 * @example A service until its report
 * ```ts
 * import { openPublisherService } from "@df/pubsub";
 *
 * const directory = await Deno.makeTempDir();
 * await using service = await openPublisherService({
 *   set: {
 *     "df.publisher_bind_address": "127.0.0.1",
 *     "df.publisher_port": 0,
 *     "df.publisher_multiproc_socket": `${directory}/socket`,
 *     "df.nb_db_class": "memory",
 *   },
 * });
 * await service.ready();
 * console.log((await service.readiness()).ready); // true
 * const { relayed, isClean } = await service.stop();
 * console.log(relayed, isClean); // 0 true
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function openPublisherService(
  options: OpenOptions & { readonly hostName?: string } = {},
): Promise<PublisherService> {
  const parts = await partsOf(options);
  const ownName = options.hostName ?? await hostName();
  const host = { hostName: ownName, addresses: hostAddresses };
  const service = await PublisherService.open({ ...parts, ...host });
  // Nodes find the service by its row, even if the application does not wait for the row.
  service.ready().catch(() => {});
  return service;
}

/**
 * Opens a subscriber that follows every publisher, without the rows: for an application that handles
 * events in batches, or wants the notices about lost ones. {@linkcode openNbApi} has the rows, too.
 * It never creates a database: without one, it follows only `publishers_ips`.
 *
 * @param options `publisherUris` are the only publishers to follow, as `tcp://192.0.2.1:8866` (default:
 * those of `publishers_ips` and of the publishers table)
 * @throws {ConfigError} for a configuration with errors
 * @throws {DriverError} when the database or a socket cannot be opened; nothing is left open then
 * @throws {RangeError} for an address in `publisherUris` that cannot be followed
 * @throws {TypeError} for an option of the wrong type
 *
 * @example Events of one topic
 * ```ts
 * import { openNbApi, openNetworkSubscriber, openPublisherService } from "@df/pubsub";
 *
 * const directory = await Deno.makeTempDir();
 * const set = {
 *   "df.enable_df_pub_sub": true,
 *   "df.enable_selective_topology_distribution": true,
 *   "df.publisher_bind_address": "127.0.0.1",
 *   "df.publisher_port": 0,
 *   "df.publisher_multiproc_socket": `${directory}/socket`,
 *   "df.sqlite_path": `${directory}/northbound.sqlite3`,
 * };
 * await using service = await openPublisherService({ set });
 * await service.ready();
 * const first = Promise.withResolvers<string>();
 * await using subscriber = await openNetworkSubscriber({
 *   set,
 *   topics: ["project-1"],
 *   onUpdates: ([update]) => first.resolve(`${update?.action} ${update?.key}`),
 * });
 * await subscriber.ready({ timeoutMs: 10_000 });
 * await using api = await openNbApi({ set });
 * await api.create("lport", "port-1", "{}", { topic: "project-1" });
 * console.log(await first.promise); // create port-1
 * ```
 */
export async function openNetworkSubscriber(
  options: OpenOptions & SubscriptionOptions & { readonly publisherUris?: readonly string[] },
): Promise<NetworkSubscriber> {
  const parts = await partsOf(options, ["onUpdates"]);
  const { settings, drivers, log } = parts;
  const context = { settings, log };
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  await using undo = new AsyncDisposableStack();
  const db = options.publisherUris === undefined
    ? undo.use(await drivers.loadDbDriver(settings.get(nbDbClass), { ...context, create: false }))
    : undefined;
  const publisherUris = options.publisherUris ?? configuredPublisherUris(settings);
  const network = undo.use(
    await NetworkSubscriber.open({
      ...{ ...options, ...parts, driver, db, publisherUris },
      ...(db !== undefined && { owned: db }),
    }),
  );
  const refused = refusedAddress(options.publisherUris ?? [], network.publisherUris, driver);
  if (refused !== undefined) {
    throw new RangeError(`openNetworkSubscriber "publisherUris": ${refused}`);
  }
  undo.move();
  return network;
}

/**
 * Opens the publishers table of the configured database, to list the publishers of the network and to
 * remove those that no longer run. Never makes a database.
 *
 * @throws {ConfigError} for a configuration with errors
 * @throws {DriverError} when the database cannot be opened
 *
 * @example The publishers that run
 * ```ts
 * import { openPublishersTable } from "@df/pubsub";
 *
 * await using table = await openPublishersTable({ set: { "df.nb_db_class": "memory" } });
 * const rows = await table.list();
 * console.log(rows.filter(({ state }) => state === "alive").length); // 0
 * ```
 */
export async function openPublishersTable(options: OpenOptions = {}): Promise<PublishersTable> {
  const { settings, drivers, clock, log } = await partsOf(options);
  const context = { settings, log, create: false };
  const db = await drivers.loadDbDriver(settings.get(nbDbClass), context);
  const timeoutMs = settings.get(publisherTimeout) * 1000;
  return new PublishersTable(db, { timeoutMs, clock, withSecurity: true });
}
