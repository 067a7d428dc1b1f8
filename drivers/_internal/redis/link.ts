import type { Logger } from "../../contract/logger.ts";
import type { RedisPurpose } from "./connection.ts";
import type { RedisHost } from "./hosts.ts";

/** What a link is told besides how to connect. */
export interface RedisLinkParticulars {
  readonly label: string;
  readonly log: Logger;
  readonly purpose: RedisPurpose;
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** A server that has just answered. */
  readonly host: RedisHost;
}
