import { requireOptions } from "../../drivers/contract/argument.ts";
import type { TopicOption } from "../../drivers/contract/db.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { Clock } from "../base/clock.ts";
import type { PageFiles } from "../fleet/page_access.ts";
import type { DriverLoader } from "../base/driver_loader.ts";

/** Which changes an `NbApi` hands out. */
export interface FollowOptions {
  /**
   * The tables that the application needs completely. Their rows come first, each as `initial`, then
   * one `synced` mark, then what changes; and every `sync` is applied before the application gets it.
   *
   * @default none: a `sync` is handed out as it came
   */
  readonly tables?: readonly string[];
  /**
   * On a bus that keeps events: where a topic begins. Not together with `tables`, whose snapshot
   * includes older events.
   *
   * @default now
   */
  readonly since?: (topic: string) => string | number | undefined;
}

/** The options of an `NbApi`. */
export interface NbApiOptions extends FollowOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Where the drivers it names come from. */
  readonly drivers: DriverLoader;
  /**
   * What reads the files of `[df] http_token_file` and `http_tls_*`, which `NbApi.applied` needs where
   * services want a token or speak TLS.
   *
   * @default none: no token is sent, and no service is asked over TLS
   */
  readonly io?: PageFiles;
  /** The clock that it reads and waits by. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/** Refuses options that exclude each other. @throws {TypeError} */
export function refuseSinceWithTables({ since, tables = [] }: NbApiOptions): void {
  if (since === undefined || tables.length === 0) return;
  throw new TypeError('NbApi "since": given together with "tables", wanted one of them');
}

/** Refuses a topic that is not in an object. @throws {TypeError} */
export function checkedTopic(options: TopicOption = {}): TopicOption {
  requireOptions("NbApi", options, '{ topic: "a" }');
  return options;
}
