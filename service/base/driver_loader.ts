import type { DbContext, NbDbDriver } from "../../drivers/contract/db.ts";
import type { DriverContext, PubSubDriver } from "../../drivers/contract/pubsub.ts";

/** Where drivers come from, by the names a configuration gives them; the registry is one. */
export interface DriverLoader {
  /** Makes the pub/sub driver of that name. @throws {DriverError} `DRIVER_UNKNOWN` */
  loadPubSubDriver(name: string, context: DriverContext): Promise<PubSubDriver>;
  /**
   * Opens the database of that name.
   *
   * @throws {DriverError} `DRIVER_UNKNOWN`, or what keeps it from being opened
   */
  loadDbDriver(name: string, context: DbContext): Promise<NbDbDriver>;
}
