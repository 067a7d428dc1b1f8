import type { Logger } from "../../drivers/contract/logger.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { Clock } from "../base/clock.ts";
import type { DriverLoader } from "../base/driver_loader.ts";

/** What an `NbApi` works with. */
export interface NbApiOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Where the drivers it names come from. */
  readonly drivers: DriverLoader;
  /**
   * The tables the application lives by. Their rows come first, each as `initial`, then one `synced`
   * mark, then what changes; and every `sync` is applied before the application hears of it.
   *
   * @default none: a `sync` is handed on as it came
   */
  readonly tables?: readonly string[];
  /**
   * On a broker that keeps events: where a topic begins. Not together with `tables`, whose snapshot
   * has what older events tell.
   *
   * @default now
   */
  readonly since?: (topic: string) => string | number | undefined;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}
