import { join } from "node:path";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { createLibzmqDriver } from "../../../drivers/pubsub/libzmq.ts";
import { createLibzmqMultiprocDriver } from "../../../drivers/pubsub/libzmq_multiproc.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/** A driver whose publishers listen on any free port of this host. */
export function libzmqDriver(overrides: Overrides = {}): PubSubDriver {
  const local = { "df.publisher_port": "0", "df.publisher_bind_address": "127.0.0.1" };
  const settings = testSettings({ ...local, ...overrides });
  return createLibzmqDriver({ settings, log: silentLogger });
}

/** A driver whose socket has the name `socket` in a directory. */
export function libzmqMultiprocDriver(directory: string, overrides: Overrides = {}): PubSubDriver {
  const path = { "df.publisher_multiproc_socket": join(directory, "socket") };
  const settings = testSettings({ ...path, ...overrides });
  return createLibzmqMultiprocDriver({ settings, log: silentLogger });
}
