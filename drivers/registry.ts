import type { DbContext, NbDbDriver } from "./contract/db.ts";
import type { DbDriverEntry, DriverEntry, PubSubDriverEntry } from "./contract/driver_entry.ts";
import { DriverError } from "./contract/errors.ts";
import type { OptionDef } from "./contract/option.ts";
import type { DriverContext, PubSubDriver } from "./contract/pubsub.ts";
import type { RecorderLoader } from "./contract/recorder.ts";
import { redisOptions } from "./_internal/redis/options.ts";
import { redisPubSubOptions } from "./_internal/redis/pubsub/options.ts";
import { etcdPubSubOptions } from "./_internal/etcd/bus/options.ts";
import { etcdOptions } from "./_internal/etcd/options.ts";
import { sqliteOptions } from "./_internal/sqlite/options.ts";
import { libzmqOptions } from "./_internal/libzmq/options.ts";
import { localSocketOptions } from "./_internal/local_socket/options.ts";
import { transportOptions } from "./_internal/zmtp/options.ts";

const loadRedisCheck = async () =>
  (await import("./_internal/redis/settings.ts")).readRedisSettings;

const loadEtcdCheck = async () => (await import("./_internal/etcd/settings.ts")).readEtcdSettings;

const loadZmqCheck = async () => (await import("./_internal/zmtp/tls_check.ts")).checkZmqSettings;

const loadZmqServeCheck = async () =>
  (await import("./_internal/zmtp/tls_check.ts")).checkZmqPublisher;

const loadLibzmqCheck = async () =>
  (await import("./_internal/libzmq/check.ts")).checkLibzmqSettings;

const loadSocketCheck = async () =>
  (await import("./_internal/local_socket/socket_access.ts")).readSocketAccess;

const REDIS_CHANNELS_CLASS = "dragonflow.db.pubsub_drivers.redis_db_pubsub_driver.RedisPubSub";
const ETCD_CLASS = "dragonflow.db.pubsub_drivers.etcd_pubsub_driver.EtcdPubSub";
const ZMQ_CLASSES = "dragonflow.db.pubsub_drivers.zmq_pubsub_driver";

/** Every pub/sub driver there is. */
export const pubSubDrivers: readonly PubSubDriverEntry[] = [
  {
    name: "zmq_pubsub_driver",
    aliases: [
      "zmq_bind_pubsub_driver",
      `${ZMQ_CLASSES}.ZMQPubSub`,
      `${ZMQ_CLASSES}.ZMQPubSubBind`,
      `${ZMQ_CLASSES}.ZMQPubSubConnect`,
    ],
    summary:
      "ZeroMQ PUB/SUB over TCP: between hosts, no broker; a connection resumes or says what is lost",
    options: [...transportOptions, ...localSocketOptions],
    loadCheck: loadZmqCheck,
    loadServeCheck: loadZmqServeCheck,
    load: async () => (await import("./pubsub/zmq.ts")).createZmqDriver,
  },
  {
    name: "zmq_pubsub_multiproc_driver",
    aliases: [`${ZMQ_CLASSES}.ZMQPubSubMultiproc`],
    summary:
      "ZeroMQ PUSH/PULL over a unix socket: from local publishers to the service of their host",
    options: [...transportOptions, ...localSocketOptions],
    loadCheck: loadSocketCheck,
    load: async () => (await import("./pubsub/zmq_multiproc.ts")).createZmqMultiprocDriver,
  },
  {
    name: "libzmq_pubsub_driver",
    aliases: [],
    summary:
      "ZeroMQ PUB/SUB by libzmq: for peers of ZMTP 1 and 2; a slow or absent subscriber misses events",
    options: libzmqOptions,
    loadCheck: loadLibzmqCheck,
    load: async () => (await import("./pubsub/libzmq.ts")).createLibzmqDriver,
  },
  {
    name: "libzmq_pubsub_multiproc_driver",
    aliases: [],
    summary: "ZeroMQ PUSH/PULL by libzmq, over a unix socket: without acknowledgements",
    options: libzmqOptions,
    loadCheck: loadSocketCheck,
    load: async () => (await import("./pubsub/libzmq_multiproc.ts")).createLibzmqMultiprocDriver,
  },
  {
    name: "redis_db_pubsub_driver",
    aliases: [REDIS_CHANNELS_CLASS],
    summary:
      "Redis channels: a broker between hosts; an absent subscriber misses events and gets a sync",
    options: redisPubSubOptions,
    loadCheck: loadRedisCheck,
    loadPermissions: async () =>
      (await import("./_internal/redis/permissions.ts")).redisChannelPermissions,
    load: async () => (await import("./pubsub/redis.ts")).createRedisDriver,
  },
  {
    name: "redis_stream_pubsub_driver",
    aliases: [],
    summary: "Redis streams: a broker that keeps events; a subscriber that was away resumes",
    options: redisPubSubOptions,
    loadCheck: loadRedisCheck,
    loadPermissions: async () =>
      (await import("./_internal/redis/permissions.ts")).redisStreamPermissions,
    load: async () => (await import("./pubsub/redis_stream.ts")).createRedisStreamDriver,
  },
  {
    name: "etcd_pubsub_driver",
    aliases: [ETCD_CLASS],
    summary: "Keys of etcd, as in the original: a broker that keeps events until etcd is compacted",
    options: etcdPubSubOptions,
    loadCheck: loadEtcdCheck,
    loadPermissions: async () =>
      (await import("./_internal/etcd/permissions.ts")).etcdBusPermissions,
    load: async () => (await import("./pubsub/etcd.ts")).createEtcdDriver,
  },
  {
    name: "memory",
    aliases: ["memory_pubsub_driver"],
    summary: "Inside only one NbApi or service, for tests and as the reference of the contract",
    options: [],
    load: async () => (await import("./pubsub/memory.ts")).createMemoryDriver,
  },
];

/** Every database driver there is. */
export const dbDrivers: readonly DbDriverEntry[] = [
  {
    name: "sqlite_nb_db_driver",
    aliases: ["sqlite"],
    summary: "One SQLite file, shared by the processes of a host: embedded, nothing to install",
    options: sqliteOptions,
    load: async () => (await import("./db/sqlite.ts")).openSqliteDb,
  },
  {
    name: "redis_nb_db_driver",
    aliases: [
      "redis",
      "redis_db_driver",
      "dragonflow.db.drivers.redis_db_driver.RedisDbDriver",
    ],
    summary: "Redis, for more than one machine: one server, Sentinel or Cluster",
    options: redisOptions,
    loadCheck: loadRedisCheck,
    loadPermissions: async () =>
      (await import("./_internal/redis/permissions.ts")).redisRowPermissions,
    load: async () => (await import("./db/redis.ts")).openRedisDb,
  },
  {
    name: "etcd_nb_db_driver",
    aliases: ["etcd", "dragonflow.db.drivers.etcd_db_driver.EtcdDbDriver"],
    summary: "Members of etcd 3, for more than one machine: the original's default",
    options: etcdOptions,
    loadCheck: loadEtcdCheck,
    loadPermissions: async () => (await import("./_internal/etcd/permissions.ts")).etcdPermissions,
    load: async () => (await import("./db/etcd.ts")).openEtcdDb,
  },
  {
    name: "memory",
    aliases: ["memory_nb_db_driver"],
    summary: "Inside only one NbApi or service, for tests and as the reference of the contract",
    options: [],
    load: async () => (await import("./db/memory.ts")).openMemoryDb,
  },
];

/** The recorder on the disk of this host. */
export const recorderLoader: RecorderLoader = {
  async openRecorder(options) {
    return await (await import("./_internal/recorder/recorder.ts")).openRecorder(options);
  },
  async openRecorderReader(path) {
    return await (await import("./_internal/recorder/reader.ts")).openRecorderReader(path);
  },
};

/** The options of all drivers, each once. */
export const driverOptions: readonly OptionDef[] = [
  ...new Set([...pubSubDrivers, ...dbDrivers].flatMap((entry) => entry.options)),
];

/** @throws {DriverError} `DRIVER_UNKNOWN`, naming the drivers there are */
export function findPubSubDriver(name: string): PubSubDriverEntry {
  return findDriver("pub/sub driver", pubSubDrivers, name);
}

/** @throws {DriverError} `DRIVER_UNKNOWN`, naming the drivers there are */
export function findDbDriver(name: string): DbDriverEntry {
  return findDriver("database driver", dbDrivers, name);
}

/** Loads and creates the pub/sub driver with this name or alias. */
export async function loadPubSubDriver(
  name: string,
  context: DriverContext,
): Promise<PubSubDriver> {
  const create = await findPubSubDriver(name).load();
  return create(context);
}

/** Loads and opens the database with this name or alias. */
export async function loadDbDriver(name: string, context: DbContext): Promise<NbDbDriver> {
  const open = await findDbDriver(name).load();
  return open(context);
}

type Named = Pick<DriverEntry<unknown>, "name" | "aliases">;

/** Whether one of the drivers has this name or alias. */
export function isDriverIn(entries: readonly Named[], name: string): boolean {
  return entries.some((entry) => isCalled(entry, name));
}

function isCalled(entry: Named, name: string): boolean {
  // A class path may have the form of an entry point, `package.module:Class`.
  const wanted = name.trim().replace(":", ".");
  return entry.name === wanted || entry.aliases.includes(wanted);
}

/**
 * The driver of that name or alias.
 *
 * @param kind what such drivers are called in a message
 * @throws {DriverError} `DRIVER_UNKNOWN`, naming the drivers there are
 */
export function findDriver<E extends Named>(kind: string, entries: readonly E[], name: string): E {
  const found = entries.find((entry) => isCalled(entry, name));
  if (found !== undefined) return found;
  const known = entries.map((entry) => entry.name).join(", ");
  throw new DriverError("DRIVER_UNKNOWN", `Unknown ${kind} "${name}", wanted one of ${known}`);
}
