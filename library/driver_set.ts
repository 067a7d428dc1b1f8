import { kindOf } from "../drivers/contract/argument.ts";
import type { DbContext, NbDbDriver } from "../drivers/contract/db.ts";
import type { DbDriverEntry, PubSubDriverEntry } from "../drivers/contract/driver_entry.ts";
import { DbUnavailable } from "../drivers/contract/errors.ts";
import type { OptionDef } from "../drivers/contract/option.ts";
import type { DriverContext, PubSubDriver } from "../drivers/contract/pubsub.ts";
import type { RecorderLoader } from "../drivers/contract/recorder.ts";
import {
  dbDrivers,
  findDriver,
  isDriverIn,
  pubSubDrivers,
  recorderLoader,
} from "../drivers/registry.ts";
import type { DriverLoader } from "../service/base/driver_loader.ts";
import { coreOptions } from "../service/config/options/core_options.ts";
import { ConfigError } from "../service/config/config_error.ts";
import { reasonOfDefault } from "../service/config/option_resolver.ts";
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

  /** Opens the recorder that `recorder_path` names. */
  readonly openRecorder: RecorderLoader["openRecorder"] = recorderLoader.openRecorder;
  /** Opens a recorder to read it. */
  readonly openRecorderReader: RecorderLoader["openRecorderReader"] =
    recorderLoader.openRecorderReader;

  /** Loads and makes the pub/sub driver of that name or alias. */
  async loadPubSubDriver(name: string, context: DriverContext): Promise<PubSubDriver> {
    const create = await loaded(findDriver("pub/sub driver", this.#pubSub, name));
    return create(context);
  }

  /**
   * Loads and opens the database of that name or alias.
   *
   * @throws {ConfigError} if the configuration names only the servers of the database, and they are
   * not those of the database that is the default then
   */
  async loadDbDriver(name: string, context: DbContext): Promise<NbDbDriver> {
    const open = await loaded(findDriver("database driver", this.#db, name));
    try {
      return await open(context);
    } catch (error) {
      const reason = reasonOfDefault(context.settings.originOf?.(nbDbClass));
      const isUnrecognized = error instanceof DbUnavailable && error.isUnrecognized;
      if (!isUnrecognized || reason === undefined) throw error;
      const names = this.#db.map((entry) => entry.name).filter((each) => each !== "memory");
      throw new ConfigError([
        `[df] nb_db_class: not set, although ${reason} is, and the default does not answer: ` +
        `${error.message}: name the database, one of ${names.join(", ")}`,
      ], { cause: error });
    }
  }
}

/** Loads an entry. @throws {TypeError} if it loads no function, as code without types may do */
async function loaded<F>(entry: { readonly name: string; load(): Promise<F> }): Promise<F> {
  const found = await entry.load();
  if (typeof found === "function") return found;
  throw new TypeError(`Driver "${entry.name}": load returned ${kindOf(found)}, wanted a function`);
}
