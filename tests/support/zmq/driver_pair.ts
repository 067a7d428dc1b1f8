import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import type { DriverContext } from "../../../drivers/contract/pubsub.ts";
import { loadDbDriver } from "../../../drivers/registry.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { NbApi } from "../../../service/node/nb_api.ts";
import type { NbApiOptions } from "../../../service/node/nb_api_options.ts";
import { PublisherService } from "../../../service/controller/publisher_service.ts";
import { LocalDrivers } from "./local_drivers.ts";
import { startRedis } from "../redis/server.ts";
import { serviceParts } from "../service_fixture.ts";
import { tempDir } from "../temp_dir.ts";

/** Drivers that carry events between hosts. The memory driver is named `network`. */
export const NETWORK_DRIVERS = [
  "network",
  "zmq_pubsub_driver",
  "redis_db_pubsub_driver",
  "redis_stream_pubsub_driver",
] as const;

/** Database drivers. */
export const DB_DRIVERS = ["memory", "sqlite_nb_db_driver", "redis_nb_db_driver"] as const;

/** An installation of one pair of drivers, on real servers and the real clock. */
export interface DriverPair extends AsyncDisposable {
  /** Opens another NbApi in this installation. */
  readonly open: (options?: Pick<NbApiOptions, "tables">) => Promise<NbApi>;
}

class PairDrivers extends LocalDrivers {
  override loadDbDriver(name?: string, context?: DriverContext): Promise<NbDbDriver> {
    if (name === undefined || name === "memory" || context === undefined) {
      return super.loadDbDriver();
    }
    return loadDbDriver(name, context);
  }
}

/** Sets up the requirements of a pair: a Redis server, a publisher service, a directory. */
export async function setUpPair(
  network: typeof NETWORK_DRIVERS[number],
  database: typeof DB_DRIVERS[number],
  overrides: Readonly<Record<string, string>> = {},
): Promise<DriverPair> {
  await using undo = new AsyncDisposableStack();
  const directory = undo.use(await tempDir());
  const needsRedis = [network, database].some((name) => name.startsWith("redis"));
  const redis = needsRedis ? undo.use(await startRedis()) : undefined;
  const isZmq = network === "zmq_pubsub_driver";
  const parts = {
    ...await serviceParts({
      "df.pub_sub_driver": network,
      "df.pub_sub_multiproc_driver": isZmq ? "zmq_pubsub_multiproc_driver" : "local",
      "df.pub_sub_use_multiproc": String(isZmq),
      "df.publisher_bind_address": "127.0.0.1",
      "df.publisher_port": "0",
      "df.publisher_multiproc_socket": directory.join("socket"),
      "df.nb_db_class": database,
      "df.sqlite_path": directory.join("northbound.sqlite3"),
      ...(redis === undefined ? {} : { "df.remote_db_hosts": redis.address }),
      ...overrides,
    }),
    drivers: new PairDrivers(),
    clock: systemClock,
  };
  if (isZmq) {
    const service = await PublisherService.open(parts);
    undo.defer(async () => void await service.stop());
    await service.ready();
  }
  const owned = undo.move();
  return {
    open: (options = {}) => NbApi.open({ ...parts, ...options }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
