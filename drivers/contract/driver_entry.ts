import type { DbContext, NbDbDriver } from "./db.ts";
import type { OptionDef, Settings } from "./option.ts";
import type { ServerPermissions } from "./permissions.ts";
import type { DriverContext, PubSubDriver } from "./pubsub.ts";

/** One driver: how a configuration names it, and how to get it. */
export interface DriverEntry<T, C extends DriverContext = DriverContext> {
  /** As a configuration spells it. */
  readonly name: string;
  /** Other names, the original's class paths among them. */
  readonly aliases: readonly string[];
  /** One sentence, no final period. */
  readonly summary: string;
  /** The options it reads, besides those of the core. */
  readonly options: readonly OptionDef[];
  /**
   * Loads what checks the options together, and the files that they name, without opening anything;
   * absent where each option can be checked alone.
   */
  readonly loadCheck?: () => Promise<(settings: Settings) => unknown>;
  /** Loads the check of what only `serve` needs; absent if it needs nothing more. */
  readonly loadServeCheck?: () => Promise<(settings: Settings) => unknown>;
  /** Loads what accounts need on the servers of the driver; absent if it has no servers. */
  readonly loadPermissions?: () => Promise<(settings: Settings) => ServerPermissions>;
  /** Loads the driver's module, and with it whatever it needs, only now. */
  readonly load: () => Promise<(context: C) => T | Promise<T>>;
}

/** A pub/sub driver, as a list of drivers has it. */
export type PubSubDriverEntry = DriverEntry<PubSubDriver>;

/** A database driver, as a list of drivers has it. */
export type DbDriverEntry = DriverEntry<NbDbDriver, DbContext>;
