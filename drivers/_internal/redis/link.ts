import type { RedisPurpose } from "./connection.ts";
import type { RedisProbe } from "./probe.ts";

/** What a link is told besides how to connect. */
export interface RedisLinkParticulars {
  readonly label: string;
  readonly purpose: RedisPurpose;
  /** The server that has just answered. */
  readonly found: RedisProbe;
}
