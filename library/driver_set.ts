import type { DbContext, NbDbDriver } from "../drivers/contract/db.ts";
import type { DbDriverEntry, PubSubDriverEntry } from "../drivers/contract/driver_entry.ts";
import type { OptionDef } from "../drivers/contract/option.ts";
import type { DriverContext, PubSubDriver } from "../drivers/contract/pubsub.ts";
import { dbDrivers, findDriver, isDriverIn, pubSubDrivers } from "../drivers/registry.ts";
import type { DriverLoader } from "../service/base/driver_loader.ts";
import { coreOptions } from "../service/config/options/core_options.ts";
import type { ConfigSources } from "./config.ts";
import { nbDbClass } from "../service/config/options/host.ts";
import { pubSubDriver, pubSubMultiprocDriver } from "../service/config/options/pub_sub.ts";

/** The drivers that a configuration may name: those of the library, and others before them. */
export class DriverSet implements DriverLoader {
  readonly #pubSub: readonly PubSubDriverEntry[];
  readonly #db: readonly DbDriverEntry[];
  /** Every option there is: the core's and the drivers'. */
  readonly options: readonly OptionDef[];

  /** Nothing is loaded yet. */
  constructor(own: Pick<ConfigSources, "pubSubDrivers" | "dbDrivers"> = {}) {
    this.#pubSub = [...own.pubSubDrivers ?? [], ...pubSubDrivers];
    this.#db = [...own.dbDrivers ?? [], ...dbDrivers];
    const ofDrivers = [...this.#pubSub, ...this.#db].flatMap((entry) => entry.options);
    this.options = [...new Set([...coreOptions, ...ofDrivers])];
  }

  /** What is wanted instead of a value that names a driver; undefined for a driver there is. */
  readonly wantedFor = (option: OptionDef, value: unknown): string | undefined => {
    const isPubSub = option === pubSubDriver || option === pubSubMultiprocDriver;
    const entries = isPubSub ? this.#pubSub : option === nbDbClass ? this.#db : undefined;
    if (entries === undefined || isDriverIn(entries, String(value))) return undefined;
    return `one of ${entries.map(({ name }) => name).join(", ")}`;
  };

  /** Loads and makes the pub/sub driver of that name or alias. */
  async loadPubSubDriver(name: string, context: DriverContext): Promise<PubSubDriver> {
    const create = await findDriver("pub/sub driver", this.#pubSub, name).load();
    return create(context);
  }

  /** Loads and opens the database of that name or alias. */
  async loadDbDriver(name: string, context: DbContext): Promise<NbDbDriver> {
    const open = await findDriver("database driver", this.#db, name).load();
    return open(context);
  }
}
