import { join } from "node:path";
import { type Logger, silentLogger } from "../../../drivers/contract/logger.ts";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { createZmqDriver } from "../../../drivers/pubsub/zmq.ts";
import { createZmqMultiprocDriver } from "../../../drivers/pubsub/zmq_multiproc.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/** A driver whose publishers listen on any free port of this host. */
export function zmqDriver(
  overrides: Overrides = {},
  log: Logger = silentLogger,
): PubSubDriver {
  const local = { "df.publisher_port": "0", "df.publisher_bind_address": "127.0.0.1" };
  return createZmqDriver({ settings: testSettings({ ...local, ...overrides }), log });
}

/** A driver whose socket has the name `socket` in a directory. */
export function zmqMultiprocDriver(
  directory: string,
  overrides: Overrides = {},
  log: Logger = silentLogger,
): PubSubDriver {
  const path = { "df.publisher_multiproc_socket": join(directory, "socket") };
  const settings = testSettings({ ...path, ...overrides });
  return createZmqMultiprocDriver({ settings, log });
}
