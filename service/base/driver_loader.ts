import type { DbContext, NbDbDriver } from "../../drivers/contract/db.ts";
import type { RecorderLoader } from "../../drivers/contract/recorder.ts";
import type { DriverContext, PubSubDriver } from "../../drivers/contract/pubsub.ts";

/** Loads drivers by the names that a configuration gives them. The registry is a loader. */
export interface DriverLoader extends Partial<RecorderLoader> {
  /** Creates the pub/sub driver of that name. @throws {DriverError} `DRIVER_UNKNOWN` */
  loadPubSubDriver(name: string, context: DriverContext): Promise<PubSubDriver>;
  /**
   * Opens the database of that name.
   *
   * @throws {DriverError} `DRIVER_UNKNOWN`, or the reason why the database cannot be opened
   */
  loadDbDriver(name: string, context: DbContext): Promise<NbDbDriver>;
}
